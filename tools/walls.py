"""Shuts a process in with the Linux kernel's own means: Landlock for files, seccomp for system calls.

Run by `guard.py` inside the child, with nothing but the standard library. Neither can be taken down again, by no
code in the process. Landlock: read the given paths, write one scratch folder, nothing else. seccomp: no sockets
but pairs of streams, no new programs or processes, no signals to others, no changes of modes, owners or times.
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable

__all__ = ["raise_walls", "walls_available"]

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REFER, _TRUNCATE, _IOCTL = 1, 2, 4, 8, 1 << 13, 1 << 14, 1 << 15
_FS_BY_ABI = (0, (1 << 13) - 1, (1 << 14) - 1, (1 << 15) - 1, (1 << 15) - 1, (1 << 16) - 1)
_TCP = 3
_SCOPED = 3
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_O_PATH = 0o10000000
_NO_NEW_PRIVS, _GET_SECCOMP, _SET_SECCOMP, _FILTER = 38, 21, 22, 2

_EPERM = 0x00050000 | 1
_ENOSYS = 0x00050000 | 38
_ALLOW = 0x7FFF0000
_LOAD, _EQUAL, _AND, _SET, _RETURN = 0x20, 0x15, 0x54, 0x45, 0x06
_CLONE_THREAD = 0x00010000
_SOCKET_TYPES, _STREAM = 0xF, 1
_O_TRUNC, _O_ACCMODE = 0o1000, 0o3

_FORBIDDEN = {
    "x86_64": [
        *(41, 42, 49, 50, 57, 58, 59, 322, 62, 200, 129, 297, 101, 310, 311, 160),
        *(90, 91, 268, 92, 93, 94, 260, 132, 235, 261, 280, 188, 189, 190, 197, 198, 199),
        *(165, 166, 155, 161, 272, 308, 304, 321, 298, 323, 248, 249, 250, 175, 313, 246, 320, 167, 168, 169),
        *(164, 227, 159, 170, 171, 163, 76, 133, 259, 29, 64, 68, 240),
    ],
    "aarch64": [
        *(198, 200, 201, 203, 221, 281, 129, 130, 138, 240, 117, 270, 271, 164),
        *(52, 53, 54, 55, 88, 5, 6, 7, 14, 15, 16),
        *(40, 39, 41, 51, 97, 268, 265, 280, 241, 282, 217, 218, 219, 105, 273, 104, 294, 224, 225, 142),
        *(170, 112, 171, 161, 162, 89, 45, 33, 194, 190, 186, 180),
    ],
}
"""By number: socket, connect, bind, listen, fork, vfork, execve, execveat, kill, tkill, rt_sigqueueinfo, rt_tgsigqueueinfo, ptrace,
process_vm_readv/writev, setrlimit; chmod, chown, utime, setxattr, removexattr and their kin; mount, umount,
pivot_root, chroot, unshare, setns, open_by_handle_at, bpf, perf_event_open, userfaultfd, add_key, request_key, keyctl,
init_module, finit_module, kexec, swap, reboot; setting clocks and names, acct, truncate by path, mknod, shmget, semget,
msgget, mq_open. Names of one architecture that the other lacks are left out there."""
_FORBIDDEN_EVERYWHERE = [425, 424, 428, 429, 430, 431, 432, 434, 438, 442, 452, 463, 466]
"""io_uring_setup, pidfd_send_signal, open_tree, move_mount, fsopen, fsconfig, fsmount, pidfd_open, pidfd_getfd,
mount_setattr, fchmodat2, setxattrat, removexattrat: the same number on every architecture."""
_NUMBERS = {
    "x86_64": {
        "arch": 0xC000003E,
        "clone": 56,
        "prlimit": 302,
        "tgkill": 234,
        "open": 2,
        "openat": 257,
        "socketpair": 53,
    },
    "aarch64": {
        "arch": 0xC00000B7,
        "clone": 220,
        "prlimit": 261,
        "tgkill": 131,
        "open": -1,
        "openat": 56,
        "socketpair": 199,
    },
}


def walls_available() -> bool:
    """Tell whether this machine's kernel can shut a process in; changes nothing."""
    if sys.platform != "linux" or platform.machine() not in _NUMBERS:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(_abi(libc) >= 1 and libc.prctl(_GET_SECCOMP, 0, 0, 0, 0) >= 0)


def raise_walls(readable: Iterable[str], listable: Iterable[str], writable: Iterable[str]) -> bool:
    """Shut this process in for good; False = it could not be done, or not wholly.

    `listable` folders show their names, without the content of files; so do the folders below them.
    """
    if not walls_available():
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    abi = _abi(libc)
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    rights = _FS_BY_ABI[min(abi, len(_FS_BY_ABI) - 1)]
    writing = rights & ~_EXECUTE & ~_IOCTL
    rules = [(path, _READ_FILE | _READ_DIR) for path in readable]
    rules += [(path, _READ_DIR) for path in listable] + [(path, writing) for path in writable]
    return _landlock(libc, abi, rights, rules) and _seccomp(libc, platform.machine())


def _abi(libc: ctypes.CDLL) -> int:
    return int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1))


def _landlock(libc: ctypes.CDLL, abi: int, rights: int, rules: list[tuple[str, int]]) -> bool:
    attributes = struct.pack("QQQ", rights, _TCP if abi >= 4 else 0, _SCOPED if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    try:
        for path, access in rules:
            _allow(libc, ruleset, path, access)
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, access: int) -> None:
    try:
        fd = os.open(path, _O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            access &= _READ_FILE | _WRITE_FILE | _TRUNCATE
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", access, fd), 0)
    finally:
        os.close(fd)


def _seccomp(libc: ctypes.CDLL, machine: str) -> bool:
    program = _program(machine)
    code = ctypes.create_string_buffer(b"".join(program), 8 * len(program))
    header = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, header, 0, 0) == 0)


def _program(machine: str) -> list[bytes]:
    """Write the filter: each rule loads the call's number, and falls through to the next when it is another."""
    numbers = _NUMBERS[machine]
    code = [_op(_LOAD, 4), _op(_EQUAL, numbers["arch"], 1, 0), _op(_RETURN, _EPERM), _op(_LOAD, 0)]
    if machine == "x86_64":
        code += [_op(_SET, 0x40000000, 0, 1), _op(_RETURN, _ENOSYS)]
    for number in (435, 437):
        code += [_op(_EQUAL, number, 0, 1), _op(_RETURN, _ENOSYS)]
    for number in [*_FORBIDDEN[machine], *_FORBIDDEN_EVERYWHERE]:
        code += [_op(_EQUAL, number, 0, 1), _op(_RETURN, _EPERM)]
    code += _when(numbers["clone"], [_argument(0), _op(_SET, _CLONE_THREAD, 1, 0), _op(_RETURN, _EPERM)])
    code += _when(numbers["tgkill"], [_argument(0), _op(_EQUAL, os.getpid(), 1, 0), _op(_RETURN, _EPERM)])
    is_stream = [_argument(1), _op(_AND, _SOCKET_TYPES), _op(_EQUAL, _STREAM, 1, 0), _op(_RETURN, _EPERM)]
    code += _when(numbers["socketpair"], is_stream)
    code += _when(
        numbers["prlimit"],
        [
            *(_argument(2), _op(_EQUAL, 0, 1, 0), _op(_RETURN, _EPERM)),
            *(_argument(2, high=True), _op(_EQUAL, 0, 1, 0), _op(_RETURN, _EPERM)),
        ],
    )
    for name, position in (("open", 1), ("openat", 2)):
        if numbers[name] >= 0:
            masked = [_argument(position), _op(_AND, _O_TRUNC | _O_ACCMODE)]
            code += _when(numbers[name], [*masked, _op(_EQUAL, _O_TRUNC, 0, 1), _op(_RETURN, _EPERM)])
    return [*code, _op(_RETURN, _ALLOW)]


def _when(number: int, body: list[bytes]) -> list[bytes]:
    return [_op(_EQUAL, number, 0, len(body) + 1), *body, _op(_RETURN, _ALLOW)]


def _argument(position: int, *, high: bool = False) -> bytes:
    return _op(_LOAD, 16 + 8 * position + 4 * high)


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
