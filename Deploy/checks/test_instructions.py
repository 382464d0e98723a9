"""The disassembly check finds what it looks for."""

import unittest

import instructions

VNNI = "vpdpbusd %zmm1,%zmm2,%zmm3\nvmovups %ymm0,(%rax)\nvfmadd231ps %zmm0,%zmm1,%zmm2\n"


class Faults(unittest.TestCase):
    def test_clean(self):
        self.assertEqual(list(instructions.faults("avx512_vnni.c.o", VNNI)), [])
        self.assertEqual(list(instructions.faults("dispatch.c.o", "mov %rax,%rbx\nmovups %xmm0,(%rax)\n")), [])

    def test_wide_register_elsewhere(self):
        found = list(instructions.faults("team.c.o", "mov %rax,%rbx\nvmovups %ymm0,(%rax)\n"))
        self.assertEqual(
            found, ["team.c.o: has a 256-bit register: vmovups %ymm0,(%rax)", "team.c.o: has an AVX instruction: vmovups %ymm0,(%rax)"])

    def test_dot_product_in_the_narrower_set(self):
        found = list(instructions.faults("avx512.c.o", VNNI))
        self.assertEqual(found, ["avx512.c.o: has a byte dot product: vpdpbusd %zmm1,%zmm2,%zmm3"])

    def test_a_set_without_its_instructions(self):
        found = list(instructions.faults("avx512_bf16.c.o", "vmovups %ymm0,%zmm0\nvcvtne2ps2bf16 %zmm0,%zmm1,%zmm2\n"))
        self.assertEqual(found, ["avx512_bf16.c.o: lacks a bfloat16 dot product, which it is there for"])

    def test_tiles_in_the_narrower_set(self):
        found = list(instructions.faults("avx512_vnni.c.o", VNNI + "tileloadd (%rax,%rcx,1),%tmm4\nldtilecfg (%rsp)\n"))
        self.assertEqual(
            found,
            ["avx512_vnni.c.o: has a tile register: tileloadd (%rax,%rcx,1),%tmm4", "avx512_vnni.c.o: has a tile's configuration: ldtilecfg (%rsp)"])

    def test_wide_encodings_of_narrow_registers(self):
        for line, what in [
            ("   4:\tvaddss %xmm0,%xmm1,%xmm0", "an AVX instruction"),
            ("   4:\t{vex} vpdpwssd %xmm0,%xmm1,%xmm0", "an AVX instruction"),
            ("vzeroupper", "an AVX instruction"),
            ("   4:\tkmovw  %k1,%eax", "a register of AVX-512"),
            ("   4:\tmovaps %xmm17,%xmm0", "a register of AVX-512"),
            ("   4:\tshlx   %eax,%ecx,%edx", "a BMI instruction"),
            ("   4:\tandn   %rax,%rcx,%rdx", "a BMI instruction"),
            ("   4:\tpopcnt %rax,%rcx", "a bit count"),
        ]:
            found = list(instructions.faults("blocks.c.o", f"0000 <vector_of>:\n   0:\tmov %rax,%rbx\n{line}\n"))
            self.assertEqual(found, [f"blocks.c.o: has {what}: {line.strip()}"])

    def test_old_instructions_pass(self):
        old = "0000 <vaddps>:\n   0:\tcall 12 <vmulps>\n   5:\tverr %ax\n   8:\ttzcnt %eax,%ecx\n   c:\tandnps %xmm1,%xmm15\n"
        self.assertEqual(list(instructions.faults("blocks.c.o", old)), [])

    def test_avx512_registers_in_the_avx2_set(self):
        code = "vfmadd231ps %ymm0,%ymm1,%ymm2\nvmovups %ymm16,(%rax)\n"
        self.assertEqual(list(instructions.faults("avx2.c.o", code)), ["avx2.c.o: has a register of AVX-512: vmovups %ymm16,(%rax)"])

    def test_bmi_in_a_set(self):
        self.assertEqual(
            list(instructions.faults("avx512_vnni.c.o", VNNI + "rorx $3,%eax,%ecx\n")),
            ["avx512_vnni.c.o: has a BMI instruction: rorx $3,%eax,%ecx"])


if __name__ == "__main__":
    unittest.main()
