/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The floor: reads /proc/kpageflags once with a large buffer, and does nothing with it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
    enum { SIZE = 8 << 20 };
    char *buffer = malloc(SIZE);
    int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !buffer) {
        perror("/proc/kpageflags");
        return 1;
    }
    unsigned long long bytes = 0;
    ssize_t n;
    while ((n = read(fd, buffer, SIZE)) > 0)
        bytes += (unsigned long long)n;
    printf("%llu pages\n", bytes / 8);
    return n < 0;
}
