"""Arm Cortex-M4 with a single-precision FPU, without an operating system."""

from lpdnn.targets.target import Target

TARGET = Target(
    name="cortex-m4",
    summary="Arm Cortex-M4F, bare metal",
    compilers=("arm-none-eabi-gcc",),
    flags=("-Os", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-ffreestanding"),
)
