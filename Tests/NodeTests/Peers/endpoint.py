"""Calls a node's endpoint with the standard library alone, and dawdles at it."""
import http.client
import json
import socket
import ssl
import sys
import time


def context(root, certificate=None, key=None):
    made = ssl.create_default_context(cafile=root)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    if certificate:
        made.load_cert_chain(certificate, key)
    return made


def ask(port, made, headers):
    connection = http.client.HTTPSConnection("localhost", port, context=made, timeout=10)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "cairn_chain"})
    connection.request("POST", "/", body, {"Content-Type": "application/json", **headers})
    reply = connection.getresponse()
    answer = json.loads(reply.read())
    return f"{reply.status} {answer['result']['name']}" if "result" in answer else str(reply.status)


def call(port, root, certificate, key, token):
    print("certificate", ask(port, context(root, certificate, key), {}))
    print("token", ask(port, context(root), {"Authorization": f"Bearer {token}"}))
    print("nothing", ask(port, context(root), {}))
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    try:
        context(root).wrap_socket(connection, server_hostname="node.example")
        print("other name taken")
    except ssl.SSLCertVerificationError:
        print("other name refused")


def connect(port, host):
    return socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(host, 0))


def is_open(connection):
    connection.settimeout(0.01)
    try:
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def dawdle(port, root, certificate, key):
    # Handshakes that are begun: the first bytes of a record.
    halves = []
    for _ in range(60):
        connection = connect(port, "127.0.0.7")
        connection.sendall(b"\x16\x03\x01")
        halves.append(connection)
    time.sleep(0.5)
    print("handshakes", sum(map(is_open, halves)), "of", len(halves))
    # Requests that never end, from another address.
    made = context(root, certificate, key)
    requests = []
    for _ in range(30):
        secured = made.wrap_socket(connect(port, "127.0.0.8"), server_hostname="localhost")
        secured.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n")
        requests.append(secured)
    print("ready", flush=True)
    for _ in range(100):
        for secured in requests:
            try:
                secured.sendall(b"X: y\r\n")
            except OSError:
                pass
        if not any(map(is_open, halves)) and all(has_ended(secured) for secured in requests):
            return print("all cut off", flush=True)
        time.sleep(0.2)


def has_ended(secured):
    """Whether the server has said that it waits no longer, and closed."""
    secured.settimeout(0.01)
    try:
        while secured.recv(4096):
            pass
        return True
    except TimeoutError:
        return False
    except OSError:
        return True


if sys.argv[1] == "call":
    call(int(sys.argv[2]), *sys.argv[3:])
elif sys.argv[1] == "dawdle":
    dawdle(int(sys.argv[2]), *sys.argv[3:])
