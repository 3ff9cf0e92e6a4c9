/* The weights, as bytes of the program. */
#ifdef __APPLE__
    .const
    .globl _@data@
    .p2align 6
_@data@:
#else
    .section .rodata
    .globl @data@
    .balign 64
@data@:
#endif
    .incbin "@data_file@"
#if defined(__linux__) && defined(__ELF__)
    .section .note.GNU-stack,"",%progbits
#endif
