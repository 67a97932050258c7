"""Holds a node's description of itself, and its replies, against the package jsonschema.

    description.py FILE

FILE is a JSON object: "document" is what rpc_discover answers, and "replies" a list of objects with "method",
"parameters" (by name) and "result". Checks that the document has the form that OpenRPC demands of what it holds, that
every schema in it is one (draft 7), that every reference leads somewhere, and that parameters and results are as the
schemas say. Prints a JSON object: how many of each kind were right, and a list of what was wrong. With --check it only
imports the package.
"""

import json
import sys

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7


class Checker:
    def __init__(self, document):
        self.document = document
        self.registry = Registry().with_resource("urn:node", Resource(document, DRAFT7))
        self.counts = {"methods": 0, "schemas": 0, "references": 0, "parameters": 0, "results": 0}
        self.wrong = []

    def note(self, kind, is_right, what):
        if is_right:
            self.counts[kind] += 1
        else:
            self.wrong.append(f"{kind}: {what}")

    # The form of the document, by the text of the specification.

    def check_form(self):
        info = self.document["info"]
        assert self.document["openrpc"].startswith("1.") and info["title"] and info["version"]
        known = {"openrpc", "info", "servers", "methods", "components", "externalDocs"}
        assert all(name in known or name.startswith("x-") for name in self.document)
        names = [method["name"] for method in self.document["methods"]]
        assert len(set(names)) == len(names)
        for method in self.document["methods"]:
            self.note("methods", self.is_method(method), method["name"])
        for error in self.document["components"]["errors"].values():
            assert isinstance(error["code"], int) and isinstance(error["message"], str) and set(error) == {"code", "message"}

    @staticmethod
    def is_method(method):
        parameters = method["params"]
        names = [parameter["name"] for parameter in parameters]
        # Those that may be left out come last.
        required = [parameter["required"] for parameter in parameters]
        allowed = {"name", "summary", "description", "tags", "paramStructure", "params", "result", "errors", "x-right"}
        return (
            set(method) <= allowed
            and method["x-right"] in ("read", "submit", "operate")
            and method["paramStructure"] in ("by-name", "by-position", "either")
            and len(set(names)) == len(names)
            and required == sorted(required, reverse=True)
            and all({"name", "schema"} <= set(parameter) for parameter in parameters + [method["result"]])
        )

    # Schemas.

    def schemas(self):
        yield from self.document["components"]["schemas"].items()
        for method in self.document["methods"]:
            for parameter in method["params"] + [method["result"]]:
                yield f"{method['name']} {parameter['name']}", parameter["schema"]
        for notification in self.document["x-notifications"]:
            yield f"options of {notification['kind']}", notification["options"]
            for parameter in notification["params"]:
                yield f"{notification['kind']} {parameter['name']}", parameter["schema"]

    def check_schemas(self):
        for name, schema in self.schemas():
            try:
                Draft7Validator.check_schema(schema)
                self.note("schemas", True, name)
            except SchemaError as error:
                self.note("schemas", False, f"{name}: {error.message}")
        self.check_references(self.document)

    def check_references(self, value):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            if key == "$ref":
                try:
                    self.registry.resolver("urn:node").lookup(part)
                    self.note("references", True, part)
                except Exception as error:
                    self.note("references", False, f"{part}: {error}")
            elif isinstance(part, (dict, list)):
                self.check_references(part)

    def is_valid(self, value, schema):
        # A reference within the schema means the document that it stands in.
        anchored = json.loads(json.dumps(schema).replace('"#/components/', '"urn:node#/components/'))
        return Draft7Validator(anchored, registry=self.registry).is_valid(value)

    def check_reply(self, reply):
        method = next(method for method in self.document["methods"] if method["name"] == reply["method"])
        schemas = {parameter["name"]: parameter["schema"] for parameter in method["params"]}
        for name, value in reply["parameters"].items():
            self.note("parameters", self.is_valid(value, schemas[name]), f"{reply['method']} {name}")
        self.note("results", self.is_valid(reply["result"], method["result"]["schema"]), reply["method"])


if "--check" not in sys.argv:
    with open(sys.argv[1]) as file:
        given = json.load(file)
    checker = Checker(given["document"])
    checker.check_form()
    checker.check_schemas()
    for reply in given["replies"]:
        checker.check_reply(reply)
    print(json.dumps(checker.counts | {"wrong": checker.wrong}))
