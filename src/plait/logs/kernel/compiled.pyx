# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, nonecheck=False
"""The hot loops over plain buffers and int64 columns, without the interpreter's lock.

Each has a twin in `plait.logs.kernel.plain` or `columns`, which says what it gives.
"""

from array import array as _array

from cpython cimport array
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memchr, memcmp, memcpy, memset

cdef extern from *:
    """
    #if defined(__GLIBC__)
    #include <malloc.h>
    static void plait_keep_pages(void) {
        mallopt(M_MMAP_THRESHOLD, 64 << 20);
        mallopt(M_TRIM_THRESHOLD, 64 << 20);
    }
    #else
    static void plait_keep_pages(void) {}
    #endif
    """
    void plait_keep_pages() noexcept nogil
    int __builtin_ctzll(unsigned long long) noexcept nogil

from plait.logs.kernel.layout import (
    FIELDS, LONGEST_HOST, MOST_DEPTH, MOST_LAYOUTS, MOST_PAIRS, MOST_REGION,
    MOST_WORDS, Anchor,
)

cdef array.array _QS = _array("q")
cdef array.array _IS = _array("i")

cdef enum:
    REGION = 256  # the most bytes from an anchor to the end of a stamp
    SLOTS = 7  # year, month, day, hour, minute, second, epoch
    FOLLOWS = 4
    FIXED = 0
    BRACKET = 1
    KEYED = 2

# Words of eight bytes are read from each place.
assert MOST_REGION + 8 <= REGION and len(FIELDS) == SLOTS
assert (Anchor.FIXED, Anchor.BRACKET, Anchor.KEYED) == (0, 1, 2)

cdef int _most_pairs = MOST_PAIRS
cdef int _most_depth = MOST_DEPTH
cdef int _longest_host = LONGEST_HOST

cdef struct CLayout:
    int anchor
    int size  # of the region up to the fraction
    uint8_t want[REGION]
    uint8_t exact[REGION]  # 0xff where a byte must be as in `want`
    uint8_t digit[REGION]  # 0xff where any digit may stand
    int at[SLOTS]  # where each field stands; -1: it is constant
    int width[SLOTS]
    int64_t constant[SLOTS]
    int fraction  # 0: none, -1: one to nine digits, else so many
    int tail_size
    uint8_t tail[REGION]
    bint number, year
    int64_t offset  # seconds east of UTC
    int64_t low, high  # the civil seconds between which it holds
    int64_t date  # the date, as read, whose days since 1970 are in `days`
    int64_t days
    uint8_t again[REGION]  # the region that was read last, and its seconds
    uint8_t whole[REGION]  # 0xff up to `size`
    int64_t seconds
    uint64_t follow[FOLLOWS]  # what followed the last stamps, and did not belong to them
    uint64_t mask[FOLLOWS]
    int turn
    int key_size
    uint8_t key[REGION]


cdef int64_t[10] _SCALE
_SCALE[:] = [10 ** (9 - digits) for digits in range(10)]
cdef int[13] _MONTH_DAYS
_MONTH_DAYS[:] = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


cdef inline int64_t* _q(array.array column) noexcept:
    return <int64_t*> column.data.as_voidptr


cdef inline bint _is_digit(uint8_t c) noexcept nogil:
    return 48 <= c <= 57


cdef inline bint _is_upper(uint8_t c) noexcept nogil:
    return 65 <= c <= 90


cdef inline bint _is_letter(uint8_t c) noexcept nogil:
    return 97 <= (c | 32) <= 122


cdef inline bint _is_blank(uint8_t c) noexcept nogil:
    return c == 32 or c == 9


cdef inline uint64_t _load(const uint8_t* p) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, p, 8)
    return word


cdef inline int64_t _number(const uint8_t* p, int width) noexcept nogil:
    cdef int64_t value = 0
    cdef int i
    if width == 2:
        return (p[0] - 48) * 10 + (p[1] - 48)
    for i in range(width):
        value = value * 10 + (p[i] - 48)
    return value


cdef int _digits(const uint8_t* p, const uint8_t* stop, int64_t* value) noexcept nogil:
    """How many digits stand here, ten for more than nine, and the number they make."""
    cdef uint64_t word, strange
    cdef int digits = 0
    if p + 8 <= stop:
        word = _load(p) ^ <uint64_t> 0x3030303030303030
        # The high bit of each byte that is no digit.
        strange = ((word + <uint64_t> 0x7676767676767676) | word) & <uint64_t> 0x8080808080808080
        if strange:
            digits = __builtin_ctzll(strange) >> 3
            if digits == 0:
                return 0
            # Eight digits at once: pairs, then fours, then all; zeros come before.
            word <<= 64 - 8 * digits
            word = (word * 10 + (word >> 8)) & <uint64_t> 0x00FF00FF00FF00FF
            word = (word * 100 + (word >> 16)) & <uint64_t> 0x0000FFFF0000FFFF
            value[0] = (word * 10000 + (word >> 32)) & <uint64_t> 0xFFFFFFFF
            return digits
    value[0] = 0
    while p + digits < stop and digits < 10 and _is_digit(p[digits]):
        value[0] = value[0] * 10 + (p[digits] - 48)
        digits += 1
    return digits


cdef int64_t _days_of(int64_t year, int64_t month, int64_t day) noexcept nogil:
    """Days since 1970 of a civil date; -1 where there is none, or before."""
    cdef int64_t era, of_era, of_year
    if month < 1 or month > 12 or day < 1 or day > _MONTH_DAYS[month] or year < 1970:
        return -1
    if month == 2 and day == 29 and (year % 4 or (year % 100 == 0 and year % 400)):
        return -1
    # Years begin in March here, so that the leap day is the last of its year.
    if month <= 2:
        year -= 1
    era = year / 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) / 5 + day - 1
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468


cdef bint _fits(const CLayout* it, const uint8_t* p, const uint8_t* end) noexcept nogil:
    """Whether the region at `p` has the layout's bytes and digits."""
    cdef int i = 0
    cdef uint64_t word, digits, nibbles
    if p + it.size > end:
        return False
    while i < it.size and p + i + 8 <= end:
        # Beyond `size` all three masks are zero.
        word = _load(p + i)
        if (word ^ _load(it.want + i)) & _load(it.exact + i):
            return False
        digits = _load(it.digit + i)
        nibbles = digits & <uint64_t> 0xF0F0F0F0F0F0F0F0
        word = word & digits
        if ((word ^ <uint64_t> 0x3030303030303030) & nibbles) or (
            # A digit stays below 0x40 when six is added.
            ((word + (digits & <uint64_t> 0x0606060606060606)) ^ <uint64_t> 0x3030303030303030)
            & nibbles
        ):
            return False
        i += 8
    while i < it.size:
        if it.digit[i]:
            if not _is_digit(p[i]):
                return False
        elif p[i] != it.want[i]:
            return False
        i += 1
    return True


cdef inline bint _again(const CLayout* it, const uint8_t* p, const uint8_t* end) noexcept nogil:
    """Whether the region is the one that was read last: many lines share a second."""
    cdef int i = 0
    cdef uint64_t differ = 0
    if p + it.size + 8 > end:
        return False
    while i < it.size:
        differ |= (_load(p + i) ^ _load(it.again + i)) & _load(it.whole + i)
        i += 8
    return differ == 0


cdef inline bint _followed(const CLayout* it, uint64_t word) noexcept nogil:
    """Whether the same followed one of the last stamps."""
    # All are compared, since which it is cannot be foretold and a branch would cost more.
    return (
        (((word ^ it.follow[0]) & it.mask[0]) == 0) | (((word ^ it.follow[1]) & it.mask[1]) == 0)
        | (((word ^ it.follow[2]) & it.mask[2]) == 0) | (((word ^ it.follow[3]) & it.mask[3]) == 0)
    )


cdef bint _seconds(CLayout* it, const uint8_t* p, int64_t* seconds) noexcept nogil:
    """Read the fields of a region that fits; False where they make no time."""
    cdef int64_t value[SLOTS]
    cdef int64_t date
    cdef int i
    if it.at[6] >= 0:
        seconds[0] = _number(p + it.at[6], it.width[6])
        return it.low <= seconds[0] < it.high
    for i in range(6):
        value[i] = _number(p + it.at[i], it.width[i]) if it.at[i] >= 0 else it.constant[i]
    if value[3] > 23 or value[4] > 59 or value[5] > 59:
        return False
    date = (value[0] * 100 + value[1]) * 100 + value[2]
    if date != it.date:
        it.days = _days_of(value[0], value[1], value[2])
        it.date = date
    if it.days < 0:
        return False
    seconds[0] = it.days * 86400 + value[3] * 3600 + value[4] * 60 + value[5]
    return it.low <= seconds[0] < it.high


cdef class Scanner:
    """See `plait.logs.kernel.plain.Scanner`."""

    cdef CLayout* layouts
    cdef int count
    cdef int[64] order
    cdef uint64_t[64] words
    cdef int word_count
    cdef uint8_t* rivals  # their names, each with its length before it
    cdef int rivals_size
    cdef int64_t* starts
    cdef int64_t* times
    cdef int64_t used, room
    cdef readonly bint inner

    def __cinit__(self, bint inner=False, rivals=()):
        self.inner = inner
        joined = b"".join(bytes((len(name),)) + name for name in rivals)
        self.rivals_size = len(joined)
        self.rivals = <uint8_t*> malloc(max(1, len(joined)))
        if self.rivals == NULL:
            raise MemoryError
        memcpy(self.rivals, <const uint8_t*> PyBytes_AS_STRING(joined), len(joined))

    def __dealloc__(self):
        free(self.layouts)
        free(self.rivals)
        free(self.starts)
        free(self.times)

    @property
    def layout_count(self):
        return self.count

    def add(self, layout):
        cdef CLayout* it
        cdef int slot, i
        region, tail, key = layout.region, layout.tail, layout.key
        if max(len(region), len(tail), len(key)) > MOST_REGION:
            return
        if self.layouts == NULL:
            # Not before: they are 80 KB, and thousands of logs may be open that say little.
            self.layouts = <CLayout*> calloc(MOST_LAYOUTS, sizeof(CLayout))
            if self.layouts == NULL:
                raise MemoryError
        if self.count < MOST_LAYOUTS:
            slot = self.count
            self.count += 1
        else:
            slot = self.order[self.count - 1]
        for i in range(self.count - 1, 0, -1):
            self.order[i] = self.order[i - 1]
        self.order[0] = slot
        it = &self.layouts[slot]
        it.anchor = layout.anchor
        it.size = len(region)
        for i in range(REGION):
            it.want[i] = it.exact[i] = it.digit[i] = it.whole[i] = 0
            it.again[i] = 10  # which no region holds
        for i in range(it.size):
            it.want[i] = region[i]
            it.exact[i] = 0 if layout.digits[i] else 0xFF
            it.digit[i] = 0xFF if layout.digits[i] else 0
            it.whole[i] = 0xFF
        for i in range(SLOTS):
            at = layout.fields[i]
            it.at[i] = -1 if at is None else at[0]
            it.width[i] = 0 if at is None else at[1]
            it.constant[i] = layout.constants[i]
        it.fraction = layout.fraction
        it.number, it.year = layout.number, layout.year
        it.tail_size = len(tail)
        memcpy(it.tail, <const uint8_t*> PyBytes_AS_STRING(tail), len(tail))
        it.offset, it.low, it.high = layout.offset, layout.low, layout.high
        it.date = -1
        it.turn = 0
        for i in range(FOLLOWS):
            it.follow[i], it.mask[i] = 0, 255  # a NUL, which needs no second look
        it.key_size = len(key)
        memcpy(it.key, <const uint8_t*> PyBytes_AS_STRING(key), len(key))

    def know(self, bytes word):
        if len(word) <= 8 and self.word_count < MOST_WORDS:
            self.words[self.word_count] = int.from_bytes(word, "little")
            self.word_count += 1

    def clear(self):
        self.count = 0

    def reads(self, bytes line):
        cdef const uint8_t* p = <const uint8_t*> PyBytes_AS_STRING(line)
        cdef int64_t time = 0
        return line.endswith(b"\n") and self._read(p, p + len(line), &time, False) != NULL

    def scan(self, bytes block, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t patience):
        cdef const uint8_t* data = <const uint8_t*> PyBytes_AS_STRING(block)
        cdef Py_ssize_t odd_begin = 0, odd_end = 0
        cdef int64_t before = self.used
        cdef bint enough
        if not 0 <= begin <= end <= len(block):
            raise ValueError("not within the block")
        if end > begin and data[end - 1] != 10:
            raise ValueError("not whole lines")
        with nogil:
            enough = self._scan(data, begin, end, patience, &odd_begin, &odd_end)
        if not enough:
            raise MemoryError
        return self.used - before, odd_begin, odd_end

    def extend(self, starts, times):
        cdef Py_ssize_t i, n = len(starts)
        if not self._reserve(self.used + n):
            raise MemoryError
        for i in range(n):
            self.starts[self.used + i] = starts[i]
            self.times[self.used + i] = times[i]
        self.used += n

    def last(self):
        return self.times[self.used - 1] if self.used else None

    def take(self):
        cdef array.array starts = array.clone(_QS, self.used, zero=False)
        cdef array.array times = array.clone(_QS, self.used, zero=False)
        memcpy(starts.data.as_voidptr, self.starts, self.used * 8)
        memcpy(times.data.as_voidptr, self.times, self.used * 8)
        self.used = 0
        return starts, times

    cdef bint _reserve(self, int64_t count) noexcept nogil:
        cdef int64_t room = self.room
        cdef void* moved
        if count <= room:
            return True
        room = max(count, 2 * room + 16)  # live, there are thousands that see a line at a time
        moved = realloc(self.starts, room * 8)
        if moved == NULL:
            return False
        self.starts = <int64_t*> moved
        moved = realloc(self.times, room * 8)
        if moved == NULL:
            return False
        self.times = <int64_t*> moved
        self.room = room
        return True

    cdef bint _scan(
        self, const uint8_t* data, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t patience,
        Py_ssize_t* odd_begin, Py_ssize_t* odd_end,
    ) noexcept nogil:
        cdef const uint8_t* p = data + begin
        cdef const uint8_t* stop = data + end
        cdef const uint8_t* odd = NULL
        cdef const uint8_t* seen
        cdef Py_ssize_t odd_lines = 0
        cdef int64_t time = 0
        cdef uint8_t first
        while p < stop:
            first = p[0]
            if not self.inner and (_is_blank(first) or first == 13 or first == 10):
                p = <const uint8_t*> memchr(p, 10, stop - p) + 1
                continue
            seen = self._read(p, stop, &time, True)
            if seen != NULL:
                if odd != NULL:
                    break
                if self.used == self.room and not self._reserve(self.used + 1):
                    return False
                self.starts[self.used] = p - data
                self.times[self.used] = time
                self.used += 1
                p = <const uint8_t*> memchr(seen, 10, stop - seen) + 1
                continue
            seen = <const uint8_t*> memchr(p, 10, stop - p) + 1
            if not _may_hold_digits(p, seen):
                p = seen
                continue
            if odd == NULL:
                odd = p
            odd_lines += 1
            p = seen
            if odd_lines >= patience:
                break
        odd_begin[0] = (p if odd == NULL else odd) - data
        odd_end[0] = p - data
        return True

    cdef const uint8_t* _read(
        self, const uint8_t* line, const uint8_t* stop, int64_t* time, bint ends
    ) noexcept nogil:
        """Read the stamp of one line: where the byte behind it is, or NULL."""
        cdef int i, j, slot
        cdef const uint8_t* seen
        for i in range(self.count):
            slot = self.order[i]
            seen = self._by(&self.layouts[slot], line, stop, time, ends)
            if seen != NULL:
                if i:
                    # Those that are used stay in front.
                    j = i >> 1
                    self.order[i] = self.order[j]
                    self.order[j] = slot
                return seen
        return NULL

    cdef const uint8_t* _by(
        self, CLayout* it, const uint8_t* line, const uint8_t* stop, int64_t* time, bint ends
    ) noexcept nogil:
        cdef const uint8_t* p = line
        cdef int64_t seconds = 0, fraction = 0
        cdef int digits
        if it.anchor != FIXED:
            p = _bracket(line, stop) if it.anchor == BRACKET else self._keyed(it, line, stop)
            if p == NULL:
                return NULL
        if not _again(it, p, stop):
            if not _fits(it, p, stop) or not _seconds(it, p, &seconds):
                return NULL
            memcpy(it.again, p, it.size)
            it.seconds = seconds
        p += it.size
        if it.fraction:
            digits = _digits(p, stop, &fraction)
            if digits == 0 or digits > 9 or (it.fraction > 0 and digits != it.fraction):
                return NULL
            fraction *= _SCALE[digits]
            p += digits
        if p + it.tail_size > stop or memcmp(p, it.tail, it.tail_size):
            return NULL
        p += it.tail_size - 1
        if ends and (p + 8 > stop or not _followed(it, _load(p))):
            digits = self._ends(it, p, stop)
            if digits == 0:
                return NULL
            if digits < 8 and p + 8 <= stop:
                it.follow[it.turn] = _load(p)
                it.mask[it.turn] = (<uint64_t> 1 << (8 * digits)) - 1
                it.turn = (it.turn + 1) % FOLLOWS
        time[0] = (it.seconds - it.offset) * 1000000000 + fraction
        return p

    cdef int _ends(
        self, const CLayout* it, const uint8_t* behind, const uint8_t* stop
    ) noexcept nogil:
        """How many bytes, from the one behind the stamp on, show that it ends there; 0: none."""
        cdef const uint8_t* p = behind
        cdef uint8_t c = p[0]
        cdef uint8_t after = p[1] if p + 1 < stop else 10
        cdef uint64_t word = 0
        cdef int n = 0, i
        cdef bint upper = True
        if c == 46 or c == 44 or c == 58:  # . , :
            return 2 if _is_digit(after) == it.number else 0
        if c == 91:  # [
            return 0 if after == 85 else 2  # U
        while _is_blank(c):
            p += 1
            c = p[0]  # a newline comes at the latest
        after = p[1] if p + 1 < stop else 10
        if c == 43 or c == 45:  # + -
            return 0 if _is_digit(after) else p - behind + 2
        if c == 0xE2:  # of a minus sign, perhaps
            return 0
        if _is_digit(c):
            return 0 if it.year and _is_year(p, stop) else p - behind + 5
        while p + n < stop and _is_letter(p[n]):
            if n < 8:
                word |= <uint64_t> p[n] << (8 * n)
            upper = upper and _is_upper(p[n])
            n += 1
        if n > 1 and (p[1] | 32) == 109 and ((p[0] | 32) == 97 or (p[0] | 32) == 112):  # am pm
            if n > 8:
                return 0
        elif n > 5:
            return p - behind + 6
        elif not upper and n > 3:
            return p - behind + n + 1
        if n:
            for i in range(self.word_count):
                if self.words[i] == word:
                    break
            else:
                return 0
        return p - behind + n + 1

    cdef const uint8_t* _keyed(
        self, CLayout* it, const uint8_t* line, const uint8_t* stop
    ) noexcept nogil:
        """Where the value of the layout's key begins in a JSON object."""
        cdef const uint8_t* p = line
        cdef const uint8_t* name
        cdef int pairs
        cdef uint8_t* rival
        if p[0] != 123:  # {
            return NULL
        p = _past_blanks(p + 1, stop)
        for pairs in range(_most_pairs + 1):
            if p + it.key_size <= stop and memcmp(p, it.key, it.key_size) == 0:
                return p + it.key_size
            name = p
            p = _past_string(p, stop)
            if p == NULL:
                return NULL
            rival = self.rivals
            while rival < self.rivals + self.rivals_size:
                if p - name == rival[0] + 2 and memcmp(name + 1, rival + 1, rival[0]) == 0:
                    return NULL
                rival += rival[0] + 1
            p = _past_blanks(p, stop)
            if p >= stop or p[0] != 58:  # :
                return NULL
            p = _past_value(_past_blanks(p + 1, stop), stop)
            if p == NULL:
                return NULL
            p = _past_blanks(p, stop)
            if p >= stop or p[0] != 44:  # ,
                return NULL
            p = _past_blanks(p + 1, stop)
        return NULL


cdef bint _may_hold_digits(const uint8_t* p, const uint8_t* stop) noexcept nogil:
    while p < stop:
        if _is_digit(p[0]) or p[0] >= 128:
            return True
        p += 1
    return False


cdef bint _is_year(const uint8_t* p, const uint8_t* stop) noexcept nogil:
    cdef int n = 0
    while p + n < stop and _is_digit(p[n]):
        n += 1
    return n == 4 and ((p[0] == 49 and p[1] == 57) or (p[0] == 50 and p[1] == 48))


cdef inline const uint8_t* _past_blanks(const uint8_t* p, const uint8_t* stop) noexcept nogil:
    while p < stop and _is_blank(p[0]):
        p += 1
    return p


cdef const uint8_t* _past_string(const uint8_t* p, const uint8_t* stop) noexcept nogil:
    if p >= stop or p[0] != 34:  # "
        return NULL
    p += 1
    while p < stop and p[0] != 10:
        if p[0] == 34:
            return p + 1
        if p[0] == 92:  # backslash
            p += 1
            if p >= stop or p[0] == 10:
                return NULL
        p += 1
    return NULL


cdef const uint8_t* _past_value(const uint8_t* p, const uint8_t* stop) noexcept nogil:
    """Past a string, a word, or an object or array whose brackets balance."""
    cdef int depth = 0
    cdef uint8_t c
    cdef const uint8_t* begin = p
    if p < stop and p[0] == 34:
        return _past_string(p, stop)
    if p < stop and (p[0] == 123 or p[0] == 91):
        while p < stop and p[0] != 10:
            c = p[0]
            if c == 34:
                p = _past_string(p, stop)
                if p == NULL:
                    return NULL
                continue
            p += 1
            if c == 123 or c == 91:
                depth += 1
                if depth > _most_depth:
                    return NULL
            elif c == 125 or c == 93:
                depth -= 1
                if depth == 0:
                    return p
        return NULL
    while p < stop:
        c = p[0]
        if c in (123, 125, 91, 93, 34, 44, 32, 9, 10, 11, 12, 13):
            break
        p += 1
    return p if p > begin else NULL


cdef const uint8_t* _bracket(const uint8_t* line, const uint8_t* stop) noexcept nogil:
    """Behind the first bracket of a line in the common log format."""
    cdef const uint8_t* p = line
    cdef const uint8_t* last = line + _longest_host + 2
    if p[0] in (32, 9, 10, 11, 12, 13, 91, 123, 34, 39):
        return NULL
    p += 1
    while p < stop and p < last:
        if p[0] == 91:
            return p + 1
        if p[0] == 10 or p[0] == 124:
            return NULL
        p += 1
    return NULL


def keep_pages():
    """See `plait.logs.kernel.plain.keep_pages`."""
    plait_keep_pages()


def running(times, top, leap):
    """See `plait.logs.kernel.plain.running`."""
    cdef array.array column = times
    cdef Py_ssize_t n = len(column), i
    cdef array.array places = array.clone(_QS, n, zero=False)
    cdef int64_t* given = _q(column)
    cdef int64_t* out = _q(places)
    cdef int64_t above = top
    cdef uint64_t leapt, most = 0, limit = leap
    cdef bint same = True
    with nogil:
        for i in range(n):
            if given[i] >= above:
                leapt = <uint64_t> given[i] - <uint64_t> above  # it may be more than half of all
                if leapt > most:
                    most = leapt
                above = given[i]
            else:
                same = False
            out[i] = above
    return (times if same else places), most > limit


cdef struct Lane:
    int64_t place  # of the next record
    int rank
    int part  # the parts from `part` on, up to `end`, are still to come
    int end


cdef struct Part:
    const uint8_t* data
    int64_t* bounds
    int64_t* times
    int64_t* places
    const uint8_t* flags
    int64_t at, end


cdef struct Woven:
    uint8_t* data
    int64_t* bounds
    int64_t* times
    int64_t* places
    uint8_t* flags
    int32_t* origins
    bint same  # times and places are one column


cdef inline bint _before(const Lane* a, const Lane* b) noexcept nogil:
    return a.place < b.place or (a.place == b.place and a.rank < b.rank)


cdef void _sink(Lane* heap, int count, int at) noexcept nogil:
    """Let the lane at `at` sink to its place in the heap."""
    cdef Lane lane = heap[at]
    cdef int child
    while True:
        child = 2 * at + 1
        if child >= count:
            break
        if child + 1 < count and _before(&heap[child + 1], &heap[child]):
            child += 1
        if not _before(&heap[child], &lane):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = lane


def weave(parts):
    """See `plait.logs.kernel.plain.weave`."""
    cdef int count = len(parts), lanes = 0, i
    cdef int64_t n = 0, size = 0
    cdef Part* part = <Part*> calloc(max(1, count), sizeof(Part))
    cdef Lane* heap = <Lane*> calloc(max(1, count), sizeof(Lane))
    cdef array.array bounds, times, places, origins
    cdef bytes data, flags
    cdef bint same = True
    cdef Woven woven
    try:
        if part == NULL or heap == NULL:
            raise MemoryError
        for i, (rank, batch, begin, end) in enumerate(parts):
            part[i].data = <const uint8_t*> PyBytes_AS_STRING(batch.block)
            part[i].bounds = _q(batch.bounds)
            part[i].times = _q(batch.times)
            part[i].places = _q(batch.places)
            part[i].flags = <const uint8_t*> PyBytes_AS_STRING(batch.flags)
            part[i].at, part[i].end = begin, end
            same = same and batch.times is batch.places
            n += end - begin
            size += part[i].bounds[part[i].end] - part[i].bounds[part[i].at]
            if lanes and heap[lanes - 1].rank == rank:
                heap[lanes - 1].end = i + 1
            else:
                heap[lanes].place = part[i].places[part[i].at]
                heap[lanes].rank = rank
                heap[lanes].part = i
                heap[lanes].end = i + 1
                lanes += 1
        data = PyBytes_FromStringAndSize(NULL, size)
        flags = PyBytes_FromStringAndSize(NULL, n)
        bounds = array.clone(_QS, n + 1, zero=False)
        places = array.clone(_QS, n, zero=False)
        times = places if same else array.clone(_QS, n, zero=False)
        origins = array.clone(_IS, n, zero=False)
        woven.data = <uint8_t*> PyBytes_AS_STRING(data)
        woven.flags = <uint8_t*> PyBytes_AS_STRING(flags)
        woven.bounds, woven.times, woven.places = _q(bounds), _q(times), _q(places)
        woven.origins = <int32_t*> origins.data.as_voidptr
        woven.same = same
        with nogil:
            _weave(part, heap, lanes, &woven)
    finally:
        free(part)
        free(heap)
    return data, bounds, times, places, flags, origins


cdef void _weave(Part* parts, Lane* heap, int lanes, Woven* out) noexcept nogil:
    cdef int i, rank
    cdef int64_t n = 0, written = 0, first, last, begin, size, shift, j, limit
    cdef Lane* top = heap
    cdef Lane* below
    cdef Part* part
    # Copies of what the loops use: the compiler must take it that a byte stored may be any of it.
    cdef uint8_t* flags = out.flags
    cdef int64_t* bounds = out.bounds
    cdef int64_t* places = out.places
    cdef int32_t* origins = out.origins
    cdef const uint8_t* part_flags
    cdef int64_t* part_bounds
    cdef int64_t* part_places
    bounds[0] = 0
    for i in range(lanes // 2 - 1, -1, -1):
        _sink(heap, lanes, i)
    while lanes:
        part = &parts[top.part]
        part_flags, part_bounds, part_places = part.flags, part.bounds, part.places
        rank = top.rank
        # Up to `last` the lane on top has the smallest key.
        last = part.end
        first = part.at
        if lanes > 1:
            below = &heap[1]
            if lanes > 2 and _before(&heap[2], below):
                below = &heap[2]
            limit = below.place - (0 if rank < below.rank else 1)
            j = first + 1
            while j < last and part_places[j] <= limit:
                j += 1
            last = j
        begin = part_bounds[first]
        size = part_bounds[last] - begin
        memcpy(out.data + written, part.data + begin, size)
        shift = written - begin
        written += size
        if not out.same:
            memcpy(out.times + n, part.times + first, (last - first) * 8)
        for j in range(first, last):
            places[n] = part_places[j]
            flags[n] = part_flags[j]
            origins[n] = rank
            n += 1
            bounds[n] = part_bounds[j + 1] + shift
        part.at = last
        if last == part.end:
            top.part += 1
            if top.part == top.end:
                lanes -= 1
                heap[0] = heap[lanes]
                if lanes:
                    _sink(heap, lanes, 0)
                continue
            part = &parts[top.part]
        top.place = part.places[part.at]
        if lanes > 1:
            _sink(heap, lanes, 0)


include "records.pxi"
include "levels.pxi"
include "json.pxi"
