"""32-bit system calls from a 64-bit process: `int 0x80` in machine code made here, for programs and tests."""
import ctypes
import mmap

# long int80(int number, int a, int b, int c): the arguments into eax, ebx, ecx, edx, and the result sign-extended.
CODE = bytes.fromhex("53" "89f8" "89f3" "4189c8" "89d1" "4489c2" "cd80" "4898" "5b" "c3")
MAP_32BIT = 0x40
_code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
_code.write(CODE)
_place = ctypes.addressof(ctypes.c_char.from_buffer(_code))
int80 = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_int, ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32)(_place)


def low(text):
    """The address of the text (and a NUL) below 4 GiB, where a 32-bit system call can reach it. It is never given back."""
    memory = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_32BIT)
    memory.write(text.encode() + b"\0")
    address = ctypes.c_char.from_buffer(memory)
    low.kept.append((memory, address))
    return ctypes.addressof(address)


low.kept = []
