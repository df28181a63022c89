# Records of a batch are found, taken and labelled; a part of `compiled.pyx`.


cdef inline const uint8_t* _bytes(bytes data) noexcept:
    return <const uint8_t*> PyBytes_AS_STRING(data)


cdef int32_t* _ranks(batch, Py_ssize_t count) except? NULL:
    """The origins of the records, below `count`; NULL for zeros."""
    cdef array.array column
    cdef int32_t* origins
    cdef bint known = True
    cdef Py_ssize_t i
    if batch.origins is None:
        return NULL
    column = batch.origins
    origins = <int32_t*> column.data.as_voidptr
    for i in range(len(column)):
        known &= 0 <= origins[i] < count
    if not known:
        raise IndexError("a record of no source")
    return origins


_LEAST = -(2**63)
_MOST = 2**63 - 1


def within(times, low, high):
    """See `plait.logs.kernel.columns.within`."""
    cdef array.array column = times
    cdef Py_ssize_t n = len(column), i
    cdef bytes mask = PyBytes_FromStringAndSize(NULL, n)
    cdef uint8_t* out = <uint8_t*> _bytes(mask)
    cdef int64_t* given = _q(column)
    cdef int64_t least, most
    cdef bint last = high > _MOST  # the largest of all is before it
    if low > _MOST or high < _LEAST:
        return bytes(n)
    least, most = max(low, _LEAST), min(high, _MOST)
    with nogil:
        for i in range(n):
            out[i] = (given[i] >= least) & ((given[i] < most) | last)
    return mask


def chosen(bytes mask):
    """See `plait.logs.kernel.columns.chosen`."""
    cdef const uint8_t* given = _bytes(mask)
    cdef Py_ssize_t n = len(mask), i
    cdef int64_t count = 0
    cdef array.array kept
    cdef int64_t* out
    with nogil:
        for i in range(n):
            count += given[i] != 0
    # One more, since each index is written and then kept or not: no branch to be foretold.
    kept = array.clone(_QS, count + 1, zero=False)
    out = _q(kept)
    with nogil:
        count = 0
        for i in range(n):
            out[count] = i
            count += given[i] != 0
    array.resize(kept, count)
    return kept


def take(batch, kept):
    """See `plait.logs.kernel.columns.take`."""
    cdef array.array chosen = kept
    cdef Py_ssize_t n = len(chosen), k, first
    cdef int64_t count = len(batch.times), size = 0, written = 0, begin, length, shift
    cdef bytes block = batch.block, flags = batch.flags, data, taken_flags
    cdef array.array bounds = array.clone(_QS, n + 1, zero=False)
    cdef array.array places = array.clone(_QS, n, zero=False)
    cdef bint same = batch.times is batch.places, merged = batch.origins is not None
    cdef array.array times = places if same else array.clone(_QS, n, zero=False)
    cdef array.array origins = array.clone(_IS, n if merged else 0, zero=False)
    cdef array.array column
    cdef int64_t* at = _q(chosen)
    cdef int64_t* from_bounds
    cdef int64_t* from_times
    cdef int64_t* from_places
    cdef int32_t* from_origins = NULL
    cdef int64_t* to_bounds = _q(bounds)
    cdef int64_t* to_times = _q(times)
    cdef int64_t* to_places = _q(places)
    cdef int32_t* to_origins = <int32_t*> origins.data.as_voidptr
    cdef const uint8_t* from_data = _bytes(block)
    cdef const uint8_t* from_flags = _bytes(flags)
    cdef uint8_t* to_data
    cdef uint8_t* to_flags
    column = batch.bounds
    from_bounds = _q(column)
    column = batch.times
    from_times = _q(column)
    column = batch.places
    from_places = _q(column)
    if merged:
        column = batch.origins
        from_origins = <int32_t*> column.data.as_voidptr
    for k in range(n):
        if not 0 <= at[k] < count:
            raise IndexError("record index out of range")
    with nogil:
        for k in range(n):
            size += from_bounds[at[k] + 1] - from_bounds[at[k]]
    data = PyBytes_FromStringAndSize(NULL, size)
    taken_flags = PyBytes_FromStringAndSize(NULL, n)
    to_data, to_flags = <uint8_t*> _bytes(data), <uint8_t*> _bytes(taken_flags)
    with nogil:
        to_bounds[0] = 0
        k = 0
        while k < n:
            first = k
            begin = from_bounds[at[first]]
            shift = written - begin
            while True:
                to_bounds[k + 1] = from_bounds[at[k] + 1] + shift
                to_places[k] = from_places[at[k]]
                to_flags[k] = from_flags[at[k]]
                k += 1
                if k == n or at[k] != at[k - 1] + 1:
                    break
            length = to_bounds[k] - written
            memcpy(to_data + written, from_data + begin, length)
            written += length
            if not same:
                memcpy(to_times + first, from_times + at[first], (k - first) * 8)
            if merged:
                memcpy(to_origins + first, from_origins + at[first], (k - first) * 4)
    return data, bounds, times, places, taken_flags, (origins if merged else None)


def containing(batch, literals, bint ignore_case=False):
    """See `plait.logs.kernel.columns.containing`."""
    cdef bytes block = batch.block, text
    cdef array.array column = batch.bounds
    cdef Py_ssize_t n = len(column) - 1
    cdef bytes mask = PyBytes_FromStringAndSize(NULL, n)
    cdef uint8_t* out = <uint8_t*> _bytes(mask)
    cdef int64_t* bounds = _q(column)
    cdef const uint8_t* data = _bytes(block)
    cdef Literal literal
    memset(out, 0, n)
    for text in literals:
        folds = bytes([32 if ignore_case and _is_letter(byte) else 0 for byte in text])
        text = bytes([byte | fold for byte, fold in zip(text, folds)])
        literal.text, literal.folds, literal.size = _bytes(text), _bytes(folds), len(text)
        with nogil:
            _mark(data, bounds, n, &literal, out)
    return mask


cdef struct Literal:
    const uint8_t* text
    const uint8_t* folds  # the bit that is set in a byte before it is compared
    Py_ssize_t size


cdef void _mark(
    const uint8_t* data, const int64_t* bounds, Py_ssize_t n, const Literal* literal, uint8_t* out
) noexcept nogil:
    """Set the byte of each record in which the literal is found."""
    cdef const uint8_t* p = data + bounds[0]
    cdef Py_ssize_t record = 0
    while True:
        p = _find(p, data + bounds[n], literal)
        if p == NULL:
            return
        while data + bounds[record + 1] <= p:
            record += 1
        out[record] = 1
        p = data + bounds[record + 1]


cdef const uint8_t* _find(
    const uint8_t* p, const uint8_t* stop, const Literal* literal
) noexcept nogil:
    """Where the literal is found first."""
    cdef uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080
    cdef Py_ssize_t last = literal.size - 1
    # Places where the first byte and the last one fit, eight at once.
    cdef uint64_t first_fold = ones * literal.folds[0], last_fold = ones * literal.folds[last]
    cdef uint64_t first = ones * literal.text[0], end = ones * literal.text[last], differ, fit
    while p + last + 8 <= stop:
        differ = ((_load(p) | first_fold) ^ first) | ((_load(p + last) | last_fold) ^ end)
        # The top bit of each byte that is zero; a borrow may set others above the lowest.
        fit = (differ - ones) & ~differ & tops
        while fit:
            if _stands_at(p + (__builtin_ctzll(fit) >> 3), literal):
                return p + (__builtin_ctzll(fit) >> 3)
            fit &= fit - 1
        p += 8
    while p + last < stop:
        if _stands_at(p, literal):
            return p
        p += 1
    return NULL


cdef inline bint _stands_at(const uint8_t* p, const Literal* literal) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(literal.size):
        if (p[i] | literal.folds[i]) != literal.text[i]:
            return False
    return True


def holding(batch, positions):
    """See `plait.logs.kernel.columns.holding`."""
    cdef array.array column = batch.bounds
    cdef int64_t* bounds = _q(column)
    cdef Py_ssize_t n = len(column) - 1, record = 0
    cdef bytes mask = PyBytes_FromStringAndSize(NULL, n)
    cdef uint8_t* out = <uint8_t*> _bytes(mask)
    cdef int64_t at
    memset(out, 0, n)
    for at in positions:
        while record < n and bounds[record + 1] <= at:
            record += 1
        if record == n:
            break
        out[record] = 1
    return mask


cdef struct Piece:
    const uint8_t* data
    Py_ssize_t size


cdef Piece* _pieces(texts) except NULL:
    """Where each of these lies and how long it is; the caller keeps them, and frees this."""
    cdef Piece* pieces = <Piece*> malloc(max(1, len(texts)) * sizeof(Piece))
    cdef bytes text
    if pieces == NULL:
        raise MemoryError
    for i, text in enumerate(texts):
        pieces[i].data = _bytes(text)
        pieces[i].size = len(text)
    return pieces


cdef inline uint8_t* _put(uint8_t* out, const Piece* piece) noexcept nogil:
    memcpy(out, piece.data, piece.size)
    return out + piece.size


def labelled(batch, prefixes):
    """See `plait.logs.kernel.columns.labelled`."""
    cdef bytes block = batch.block, made
    cdef array.array column = batch.bounds
    cdef int64_t* bounds = _q(column)
    cdef int32_t* origins = _ranks(batch, len(prefixes))
    cdef Py_ssize_t n = len(column) - 1, size = 0
    cdef const uint8_t* data = _bytes(block)
    cdef uint8_t* out
    cdef Piece* labels
    labels = _pieces(prefixes)
    try:
        with nogil:
            size = _label(data, bounds, n, origins, labels, NULL)
        made = PyBytes_FromStringAndSize(NULL, size)
        out = <uint8_t*> _bytes(made)
        with nogil:
            _label(data, bounds, n, origins, labels, out)
    finally:
        free(labels)
    return made


cdef Py_ssize_t _label(
    const uint8_t* data, const int64_t* bounds, Py_ssize_t n, const int32_t* origins,
    const Piece* labels, uint8_t* out,
) noexcept nogil:
    """How many bytes it makes; they are written where there is an `out`."""
    cdef Py_ssize_t i, size = 0
    cdef const uint8_t* p
    cdef const uint8_t* end
    cdef const uint8_t* after
    cdef const Piece* label = labels
    for i in range(n):
        if origins != NULL:
            label = labels + origins[i]
        p, end = data + bounds[i], data + bounds[i + 1]
        while p < end:
            after = <const uint8_t*> memchr(p, 10, end - p) + 1
            if out != NULL:
                memcpy(_put(out + size, label), p, after - p)
            size += label.size + (after - p)
            p = after
    return size
