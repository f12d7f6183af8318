// SPDX-License-Identifier: GPL-2.0
/* The least that a boot can do: switch the machine off. What kdelta's whole boot is measured against. */
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
	reboot(RB_POWER_OFF);
	return 1;
}
