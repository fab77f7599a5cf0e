/* The floor: what a machine needs to send one WebSocket frame to each of many clients, at its barest.
 *
 *     floor
 *
 * Blocking sockets, one thread, one frame built per tick, one send() per client. Prints {"port"}. Each line of the
 * standard input, "SECONDS RATE BYTES", is a run, answered by {"cpu_s", "ticks"}. The frame's payload holds the
 * sending time (CLOCK_MONOTONIC, ns, little endian) at byte 24.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_CLIENTS 4096
#define MOST_BYTES 65000
#define TIME_AT 24

static int clients[MOST_CLIENTS];
static int client_count;

static int64_t clock_ns(clockid_t which) {
    struct timespec now;
    clock_gettime(which, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void greet(int client) {
    /* The clients of a benchmark do not check the key's answer. */
    static const char answer[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    char request[2048];
    size_t length = 0;
    while (length < sizeof request) {
        ssize_t got = read(client, request + length, sizeof request - length);
        if (got <= 0) { close(client); return; }
        length += (size_t)got;
        if (memmem(request, length, "\r\n\r\n", 4)) break;
    }
    int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (write(client, answer, sizeof answer - 1) > 0 && client_count < MOST_CLIENTS) clients[client_count++] = client;
}

static void run(double seconds, double rate_hz, int bytes) {
    static unsigned char frame[MOST_BYTES + 4];
    int head = bytes < 126 ? 2 : 4;
    frame[0] = 0x82;
    if (head == 2) frame[1] = (unsigned char)bytes;
    else { frame[1] = 126; frame[2] = (unsigned char)(bytes >> 8); frame[3] = (unsigned char)bytes; }
    int64_t step_ns = (int64_t)(1e9 / rate_hz), ticks = 0;
    int64_t begun_ns = clock_ns(CLOCK_MONOTONIC), next_ns = begun_ns, cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    while (next_ns - begun_ns < (int64_t)(seconds * 1e9)) {
        /* As a camera's frames: a late tick is sent at once, one that the next has overtaken is lost. */
        do next_ns += step_ns;
        while (next_ns + step_ns <= clock_ns(CLOCK_MONOTONIC));
        struct timespec until = {next_ns / 1000000000LL, next_ns % 1000000000LL};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        int64_t sent_ns = clock_ns(CLOCK_MONOTONIC);
        memcpy(frame + head + TIME_AT, &sent_ns, 8);
        for (int n = 0; n < client_count; n++)
            if (send(clients[n], frame, (size_t)(head + bytes), 0) < 0 && errno != EINTR) {
                close(clients[n]);
                clients[n--] = clients[--client_count];
            }
        ticks++;
    }
    cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
    printf("{\"cpu_s\": %.6f, \"ticks\": %lld}\n", (double)cpu_ns / 1e9, (long long)ticks);
    fflush(stdout);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listening, (struct sockaddr *)&address, sizeof address) || listen(listening, 512)) return 1;
    getsockname(listening, (struct sockaddr *)&address, &length);
    printf("{\"port\": %d}\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        struct pollfd waiting[2] = {{listening, POLLIN, 0}, {0, POLLIN, 0}};
        if (poll(waiting, 2, -1) < 0) continue;
        if (waiting[0].revents & POLLIN) greet(accept(listening, NULL, NULL));
        if (waiting[1].revents) {
            char line[128];
            double seconds, rate_hz;
            int bytes;
            if (!fgets(line, sizeof line, stdin)) return 0;
            if (sscanf(line, "%lf %lf %d", &seconds, &rate_hz, &bytes) == 3 && bytes >= 32 && bytes <= MOST_BYTES)
                run(seconds, rate_hz, bytes);
        }
    }
}
