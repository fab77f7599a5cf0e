/* A link between two network namespaces that is as bad as it is told to be; the kernel's own TCP runs over it.
 *
 *     link NAMESPACE NAMESPACE
 *
 * Makes a TUN device "wire" in each (to be given addresses by `ip`). Lines of the standard input, each answered by
 * {"at_ns"} (CLOCK_MONOTONIC): "set MBIT DELAY_MS JITTER_MS LOSS QUEUE_BYTES" for both directions, "down", "up".
 * Packets wait for the rate in a queue that drops what does not fit, then fly for the delay, give or take the
 * jitter, and never overtake each other. While down all are lost, those on their way too.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 65536
#define MOST 2048

struct packet {
    int64_t departs_ns, arrives_ns;
    int length;
    unsigned char bytes[MOST];
};

struct way {
    int from, to;
    struct packet *packets;
    unsigned first, next;
    int64_t free_ns, last_ns;
};

static double mbit = 1000, delay_ms, jitter_ms, loss;
static long queue_bytes = 1 << 20;
static int down;

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int open_wire(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "/var/run/netns/%s", name);
    int namespace = open(path, O_RDONLY);
    if (namespace < 0 || setns(namespace, CLONE_NEWNET)) exit(1);
    close(namespace);
    int wire = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    strcpy(request.ifr_name, "wire");
    if (wire < 0 || ioctl(wire, TUNSETIFF, &request)) exit(1);
    return wire;
}

static double chance(void) { return (double)rand() / RAND_MAX; }

static void take(struct way *way) {
    for (;;) {
        struct packet *packet = &way->packets[way->next % SLOTS];
        int length = (int)read(way->from, packet->bytes, MOST);
        if (length <= 0) return;
        int64_t here_ns = now_ns();
        double waits_bytes = way->free_ns > here_ns ? (double)(way->free_ns - here_ns) * mbit / 8000 : 0;
        if (down || way->next - way->first >= SLOTS - 1 || waits_bytes + length > (double)queue_bytes) continue;
        if (way->free_ns < here_ns) way->free_ns = here_ns;
        way->free_ns += (int64_t)(length * 8000.0 / mbit);
        if (chance() < loss) continue; /* Lost in the air: it took its time. */
        packet->length = length;
        packet->departs_ns = way->free_ns;
        packet->arrives_ns = way->free_ns + (int64_t)((delay_ms + jitter_ms * (2 * chance() - 1)) * 1e6);
        if (packet->arrives_ns < way->last_ns) packet->arrives_ns = way->last_ns;
        way->last_ns = packet->arrives_ns;
        way->next++;
    }
}

static int64_t deliver(struct way *way) {
    while (way->first != way->next) {
        struct packet *packet = &way->packets[way->first % SLOTS];
        if (packet->arrives_ns > now_ns()) return packet->arrives_ns;
        if (write(way->to, packet->bytes, (size_t)packet->length) < 0) { /* Its queue is full: lost. */ }
        way->first++;
    }
    return INT64_MAX;
}

int main(int count, char **given) {
    if (count != 3) return 2;
    struct way ways[2];
    memset(ways, 0, sizeof ways);
    ways[0].from = ways[1].to = open_wire(given[1]);
    ways[1].from = ways[0].to = open_wire(given[2]);
    for (int n = 0; n < 2; n++) ways[n].packets = malloc(SLOTS * sizeof(struct packet));
    srand(1);
    printf("{\"at_ns\": %lld}\n", (long long)now_ns());
    fflush(stdout);
    for (;;) {
        int64_t a = deliver(&ways[0]), b = deliver(&ways[1]), until_ns = a < b ? a : b, left_ns = until_ns - now_ns();
        if (left_ns < 0) left_ns = 0;
        struct timespec left = {left_ns / 1000000000LL, left_ns % 1000000000LL};
        struct pollfd waiting[3] = {{ways[0].from, POLLIN, 0}, {ways[1].from, POLLIN, 0}, {0, POLLIN, 0}};
        ppoll(waiting, 3, until_ns == INT64_MAX ? NULL : &left, NULL);
        take(&ways[0]);
        take(&ways[1]);
        if (waiting[2].revents) {
            char line[128];
            ssize_t got = read(0, line, sizeof line - 1);
            if (got <= 0) return 0;
            line[got] = 0;
            sscanf(line, "set %lf %lf %lf %lf %ld", &mbit, &delay_ms, &jitter_ms, &loss, &queue_bytes);
            if (!strncmp(line, "down", 4)) {
                down = 1;
                for (int n = 0; n < 2; n++) ways[n].first = ways[n].next;
            }
            if (!strncmp(line, "up", 2)) {
                down = 0;
                for (int n = 0; n < 2; n++) ways[n].free_ns = ways[n].last_ns = 0;
            }
            printf("{\"at_ns\": %lld}\n", (long long)now_ns());
            fflush(stdout);
        }
    }
}
