// Sums of multiples in lanes: every lane reads a digit of the same window at the same time, so that windows are fixed and
// a zero is added as any other number. For inclusion in ifma.c and avx2.c only.

#define WINDOW_BITS 4
#define LONG_WINDOWS 64
#define SHORT_WINDOWS 33
#define BASE_WINDOWS 17
#define MULTIPLES 9
#define ENTRY_WORDS 20

// MARK: Tables and digits

// The multiples 0 to 8 of a point of each lane, row by row, so that each lane can read another one.
typedef struct {
    uint64_t entries[LANES][MULTIPLES][ENTRY_WORDS];
} multiples_table;

// The digits of one scalar of each lane, least significant first.
typedef struct {
    int8_t of_windows[LONG_WINDOWS][LANES];
} window_digits;

// What the sum needs for one member of each lane.
typedef struct {
    multiples_table key_multiples, commitment_multiples;
    window_digits key_digits, commitment_digits;
} group;
_Static_assert(sizeof(group) <= LANES * WORKSPACE_BYTES, "a group must fit its part of the workspace");

INLINED void store_entry(multiples_table *table, int index, const addable *q) {
    const fe coordinates[4] = {q->sum, q->difference, q->t2d, q->z2};
    uint64_t *rows[LANES];
    for (int l = 0; l < LANES; l++) rows[l] = table->entries[l][index];
    store_words(rows, coordinates, 5);
}

static void make_multiples(multiples_table *table, const cairn_ed25519_point *points) {
    const uint64_t *rows[LANES];
    for (int l = 0; l < LANES; l++) rows[l] = points[l].words;
    fe coordinates[4];
    load_words(coordinates, rows, 4);
    const extended first = {
        fe_loaded(coordinates[0]), fe_loaded(coordinates[1]), fe_constant(number_one), fe_loaded(coordinates[2])};
    extended next = neutral_point();
    addable entry = made_addable(&next);
    store_entry(table, 0, &entry);
    const addable step = made_addable(&first);
    store_entry(table, 1, &step);
    next = first;
    for (int i = 2; i < MULTIPLES; i++) {
        add(&next, &step);
        entry = made_addable(&next);
        store_entry(table, i, &entry);
    }
}

// Digits from -2^(bits - 1) to 2^(bits - 1) - 1; one more window than the scalar fills takes the last carry.
static void find_digits(
    const uint64_t *scalar, int words, int bits, int windows, bool is_negative, int8_t *digits, size_t stride) {
    int carry = 0;
    for (int i = 0; i < windows; i++) {
        const int at = i * bits;
        const int window = (at < 64 * words ? (int)(scalar[at / 64] >> at % 64) & ((1 << bits) - 1) : 0) + carry;
        carry = window >= 1 << (bits - 1);
        const int digit = window - (carry << bits);
        digits[(size_t)i * stride] = (int8_t)(is_negative ? -digit : digit);
    }
}

static void make_group(
    group *g, const cairn_ed25519_point *keys, const cairn_ed25519_point *commitments, const cairn_ed25519_term *terms,
    int key_windows) {
    make_multiples(&g->key_multiples, keys);
    make_multiples(&g->commitment_multiples, commitments);
    for (int l = 0; l < LANES; l++) {
        find_digits(
            terms[l].key_scalar, 4, WINDOW_BITS, key_windows, false, &g->key_digits.of_windows[0][l], LANES);
        find_digits(
            terms[l].commitment_scalar, 2, WINDOW_BITS, SHORT_WINDOWS, terms[l].commitment_is_negative,
            &g->commitment_digits.of_windows[0][l], LANES);
    }
}

// MARK: Sums

// For each lane the row that its digit names.
INLINED mask find_rows(
    const uint64_t **rows, const uint64_t *first, size_t lane_words, size_t entry_words, const int8_t *digits) {
    mask negative = 0;
    for (int l = 0; l < LANES; l++) {
        const int digit = digits[l], sign = digit >> 31;
        rows[l] = first + (size_t)l * lane_words + (size_t)((digit ^ sign) - sign) * entry_words;
        negative |= (mask)((sign & 1) << l);
    }
    return negative;
}

INLINED void negate_where(mask negative, fe coordinates[3]) {
    const fe sum = coordinates[0];
    coordinates[0] = fe_select(negative, sum, coordinates[1]);
    coordinates[1] = fe_select(negative, coordinates[1], sum);
    coordinates[2] = fe_negate_where(negative, coordinates[2]);
}

OUTLINED void add_multiple(extended *p, const multiples_table *table, const int8_t *digits) {
    const uint64_t *rows[LANES];
    const mask negative = find_rows(rows, &table->entries[0][0][0], MULTIPLES * ENTRY_WORDS, ENTRY_WORDS, digits);
    fe coordinates[4];
    load_words(coordinates, rows, 5);
    negate_where(negative, coordinates);
    const addable q = {coordinates[0], coordinates[1], coordinates[2], coordinates[3]};
    add(p, &q);
}

OUTLINED void add_base_multiple(extended *p, const cairn_ed25519_point *multiples, const int8_t *digits) {
    const uint64_t *rows[LANES];
    const mask negative = find_rows(rows, multiples->words, 0, 16, digits);
    fe coordinates[4];
    load_words(coordinates, rows, 4);
    negate_where(negative, coordinates);
    const addable q = {coordinates[0], coordinates[1], coordinates[2], coordinates[2]};
    add_affine(p, &q);
}

// Straus's interleaving: all members share the doublings.
static extended sum_groups(
    const cairn_ed25519_base_tables *tables, const group *groups, size_t group_count, int key_windows,
    int8_t (*base_digits)[BASE_WINDOWS][LANES]) {
    extended sum = neutral_point();
    for (int window = key_windows - 1; window >= 0; window--) {
        if (window < key_windows - 1) {
            for (int i = 1; i < WINDOW_BITS; i++) double_point(&sum, false);
            double_point(&sum, true);
        }
        for (size_t i = 0; i < group_count; i++) {
            add_multiple(&sum, &groups[i].key_multiples, groups[i].key_digits.of_windows[window]);
            if (window >= SHORT_WINDOWS) continue;
            add_multiple(&sum, &groups[i].commitment_multiples, groups[i].commitment_digits.of_windows[window]);
        }
        if (window % 2 == 1 || window >= SHORT_WINDOWS) continue;
        for (int i = 0; i < 2; i++) {
            add_base_multiple(&sum, tables->multiples[i], base_digits[i][window / 2]);
        }
    }
    return sum;
}

static unsigned sums_vanish(
    const cairn_ed25519_base_tables *tables, const cairn_ed25519_point *keys, const cairn_ed25519_point *commitments,
    const cairn_ed25519_term *terms, size_t count, bool has_short_keys, const uint64_t *base_scalars, void *workspace) {
    group *groups = workspace;
    const int key_windows = has_short_keys ? SHORT_WINDOWS : LONG_WINDOWS;
    for (size_t i = 0; i < count; i += LANES) {
        make_group(groups + i / LANES, keys + i, commitments + i, terms + i, key_windows);
    }
    int8_t base_digits[2][BASE_WINDOWS][LANES];
    for (int l = 0; l < LANES; l++) {
        for (int i = 0; i < 2; i++) {
            find_digits(
                base_scalars + 4 * l + 2 * i, 2, 2 * WINDOW_BITS, BASE_WINDOWS, false, &base_digits[i][0][l], LANES);
        }
    }
    return vanishes(sum_groups(tables, groups, count / LANES, key_windows, base_digits));
}
