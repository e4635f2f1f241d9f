"""A MicroPython of 32 bits whose n-th allocation fails on request, built from MicroPython's source.

`gc.fail(n)` lets the n-th allocation from then on fail, none for 0, and returns how many there were since the last call.
"""

import fcntl
import hashlib

from conftest import micropython
from support.firmware import frozen, skipping

# Per file: what is found there once, and what takes its place.
CHANGES = {
    "py/gc.c": [
        ("void *gc_alloc(size_t n_bytes, unsigned int alloc_flags) {\n", """size_t gc_allocations, gc_failing;

static bool gc_fails(void) {
    return ++gc_allocations == gc_failing;
}

void *gc_alloc(size_t n_bytes, unsigned int alloc_flags) {
    if (gc_fails()) {
        return NULL;
    }
"""),
        # What grows where it lies is an allocation, too.
        ("    if (new_blocks <= n_blocks + n_free) {\n", """    if (new_blocks <= n_blocks + n_free) {
        if (gc_fails()) {
            GC_EXIT();
            return NULL;
        }
"""),
    ],
    "py/modgc.c": [
        ("static const mp_rom_map_elem_t mp_module_gc_globals_table[] = {\n", """extern size_t gc_allocations, gc_failing;

static mp_obj_t gc_fail(mp_obj_t n) {
    mp_obj_t made = MP_OBJ_NEW_SMALL_INT(gc_allocations);
    gc_allocations = 0;
    gc_failing = mp_obj_get_int(n);
    return made;
}
static MP_DEFINE_CONST_FUN_OBJ_1(gc_fail_obj, gc_fail);

static const mp_rom_map_elem_t mp_module_gc_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_fail), MP_ROM_PTR(&gc_fail_obj) },
"""),
    ],
    # The loop makes a number of an address. On a board that is a small int, which needs no memory.
    "py/obj.c": [
        ("    mp_int_t id = (mp_int_t)o_in;\n", """    mp_int_t id = (mp_int_t)o_in;
    if (mp_obj_is_obj(o_in)) {
        return MP_OBJ_NEW_SMALL_INT((mp_uint_t)o_in >> 2);
    }
"""),
    ],
    # The poller of a board. That of this port crashes when a socket is taken out that it had no memory for.
    "ports/unix/variants/mpconfigvariant_common.h": [
        ("#define MICROPY_PY_SELECT_POSIX_OPTIMISATIONS (1)\n", "#define MICROPY_PY_SELECT_POSIX_OPTIMISATIONS (0)\n"),
    ],
    # This port loses an accepted socket that it has no memory for.
    "ports/unix/modsocket.c": [
        ("static mp_obj_t socket_accept(mp_obj_t self_in) {\n", """extern size_t gc_failing;

static mp_obj_t socket_accept(mp_obj_t self_in) {
"""),
        ("    t->items[0] = MP_OBJ_FROM_PTR(socket_new(fd));\n    t->items[1] = mp_obj_new_bytearray(addr_len, &addr);\n",
         """    t->items[0] = MP_OBJ_FROM_PTR(socket_new(fd));
    t->items[1] = mp_obj_new_bytearray(addr_len, &addr);
    gc_failing = failing;
"""),
        ("    mp_obj_tuple_t *t = MP_OBJ_TO_PTR(mp_obj_new_tuple(2, NULL));\n    t->items[0] = MP_OBJ_FROM_PTR(socket_new(fd));\n",
         """    size_t failing = gc_failing;
    gc_failing = 0;
    mp_obj_tuple_t *t = MP_OBJ_TO_PTR(mp_obj_new_tuple(2, NULL));
    t->items[0] = MP_OBJ_FROM_PTR(socket_new(fd));
"""),
    ],
}
MANIFEST = 'include("$(MPY_DIR)/extmod/asyncio")\n'


def change(source):
    """Make the changes in MicroPython's source."""
    for name, pairs in CHANGES.items():
        text = (source / name).read_text()
        for old, new in pairs:
            assert text.count(old) == 1, (name, old)
            text = text.replace(old, new)
        (source / name).write_text(text)


def failing():
    """Return the Runtime, built the first time; skip where there is no source, or no compiler of 32 bits."""
    skipping(frozen.word_bits, 32)
    skipping(frozen.builder)
    digest = hashlib.sha256(repr(CHANGES).encode()).hexdigest()[:12]
    work = frozen.WORK / ("failing-" + digest)  # other changes, another build
    program = work / "micropython"
    work.mkdir(parents=True, exist_ok=True)
    with open(work / "one-at-a-time", "w") as lock:  # of the workers of a test run
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            source = skipping(frozen.source, work)
            if not (work / "changed").exists():
                change(source)
                (work / "changed").touch()
            (work / "manifest.py").write_text(MANIFEST)
            skipping(frozen.build, program, work / "manifest.py", 32, work)
    return micropython("mp32", program)
