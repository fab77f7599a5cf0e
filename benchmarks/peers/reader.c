/* The clients of every server in turn: bare sockets that read WebSocket frames, so that no client is ever the limit.
 *
 *     reader PORT AT BYTES SUBPROTOCOL FIRST_TEXT [tls]
 *
 * Connects to 127.0.0.1:PORT. Payloads of BYTES bytes hold their sending time (CLOCK_MONOTONIC, ns, little endian) at
 * byte AT; other messages are passed over, pings answered. FIRST_TEXT, if not empty, is sent once a connection stands. With "tls" (compiled
 * with -DWITH_TLS) the server's certificate is not looked at. Lines of the
 * standard input: "add N" opens N more connections, "stuck N" opens N that never read, "take SECONDS" counts for so
 * long; each is answered by a line of JSON. Ages are in microseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifdef WITH_TLS
#include <openssl/ssl.h>
#else
typedef void SSL;
#endif

#define MOST_CLIENTS 4096
#define MOST_AGES 8000000
#define BUFFER 131072

struct client {
    int socket;
    SSL *tls;
    long messages;
    size_t filled;
    unsigned char buffer[BUFFER];
};

static struct client *clients[MOST_CLIENTS];
static int client_count, lost, epoll;
static float *ages_us;
static long age_count;
static int port, at, bytes, counting;
static const char *subprotocol, *first_text;

static int with_tls;

static ssize_t read_some(int socket, SSL *tls, void *into, size_t most) {
#ifdef WITH_TLS
    if (tls) {
        int got = SSL_read(tls, into, (int)most);
        if (got > 0) return got;
        return SSL_get_error(tls, got) == SSL_ERROR_WANT_READ ? -2 : -1;
    }
#endif
    (void)tls;
    return read(socket, into, most);
}

static ssize_t write_all(int socket, SSL *tls, const void *from, size_t length) {
#ifdef WITH_TLS
    if (tls) return SSL_write(tls, from, (int)length);
#endif
    (void)tls;
    return send(socket, from, length, MSG_NOSIGNAL);
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void send_masked(int socket, SSL *tls, unsigned char opcode, const unsigned char *payload, size_t length) {
    unsigned char frame[1100] = {(unsigned char)(0x80 | opcode)};
    size_t head = 6;
    if (length < 126) frame[1] = (unsigned char)(0x80 | length);
    else { frame[1] = 0xFE; frame[2] = (unsigned char)(length >> 8); frame[3] = (unsigned char)length; head = 8; }
    memcpy(frame + head, payload, length); /* A mask of zeros leaves it as it is. */
    if (write_all(socket, tls, frame, head + length) < 0) return;
}

static int open_socket(SSL **tls) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int opened = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (connect(opened, (struct sockaddr *)&address, sizeof address)) return -1;
    setsockopt(opened, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *tls = NULL;
#ifdef WITH_TLS
    static SSL_CTX *context;
    if (with_tls) {
        if (!context) context = SSL_CTX_new(TLS_client_method());
        *tls = SSL_new(context);
        SSL_set_fd(*tls, opened);
        if (SSL_connect(*tls) != 1) return -1;
    }
#endif
    char text[512], last[4] = "";
    int length = snprintf(text, sizeof text,
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n%s%s%s\r\n",
        port, *subprotocol ? "Sec-WebSocket-Protocol: " : "", subprotocol, *subprotocol ? "\r\n" : "");
    if (write_all(opened, *tls, text, (size_t)length) != length) return -1;
    while (memcmp(last, "\r\n\r\n", 4)) {
        memmove(last, last + 1, 3);
        if (read_some(opened, *tls, last + 3, 1) != 1) return -1;
    }
    if (*first_text) send_masked(opened, *tls, 1, (const unsigned char *)first_text, strlen(first_text));
    return opened;
}

static void take(struct client *client);

/* Those that are connected already must answer pings while others connect. */
static void take_what_came(void) {
    struct epoll_event came[256];
    int ready = epoll_wait(epoll, came, 256, 0);
    for (int n = 0; n < ready; n++)
        if (came[n].data.ptr) take(came[n].data.ptr);
}

static int add(int count) {
    for (int n = 0; n < count && client_count < MOST_CLIENTS; n++) {
        take_what_came();
        struct client *client = calloc(1, sizeof *client);
        client->socket = open_socket(&client->tls);
        if (client->socket < 0) { free(client); return n; }
        fcntl(client->socket, F_SETFL, O_NONBLOCK);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
        epoll_ctl(epoll, EPOLL_CTL_ADD, client->socket, &event);
        clients[client_count++] = client;
        if (client->tls) take(client); /* What came with the handshake lies in the TLS layer, unseen by epoll. */
    }
    return count;
}

static void take(struct client *client) {
    ssize_t got = read_some(client->socket, client->tls, client->buffer + client->filled, BUFFER - client->filled);
    if (got == -2) return;
    if (got <= 0) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, client->socket, NULL);
        lost++;
        return;
    }
    int64_t here_ns = now_ns();
    client->filled += (size_t)got;
    size_t begin = 0;
    while (client->filled - begin >= 2) {
        const unsigned char *frame = client->buffer + begin;
        size_t length = frame[1] & 0x7F, head = 2;
        if (length >= 126) {
            head = length == 126 ? 4 : 10;
            if (client->filled - begin < head) break;
            length = 0;
            for (size_t n = 2; n < head; n++) length = length << 8 | frame[n];
        }
        if (client->filled - begin < head + length) break;
        if ((frame[0] & 0x0F) == 9) send_masked(client->socket, client->tls, 10, frame + head, length);
        if (counting && (frame[0] & 0x0F) == 2 && length == (size_t)bytes) {
            int64_t sent_ns;
            memcpy(&sent_ns, frame + head + at, 8);
            client->messages++;
            if (age_count < MOST_AGES) ages_us[age_count++] = (float)(here_ns - sent_ns) / 1000.0f;
        }
        begin += head + length;
    }
    memmove(client->buffer, client->buffer + begin, client->filled - begin);
    client->filled -= begin;
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void tell(void) {
    qsort(ages_us, (size_t)age_count, sizeof *ages_us, ascending);
    long slowest = client_count ? clients[0]->messages : 0;
    for (int n = 0; n < client_count; n++)
        if (clients[n]->messages < slowest) slowest = clients[n]->messages;
    float p50 = age_count ? ages_us[age_count / 2] : -1, p99 = age_count ? ages_us[age_count * 99 / 100] : -1;
    printf("{\"messages\": %ld, \"slowest\": %ld, \"p50_us\": %.1f, \"p99_us\": %.1f, \"clients\": %d, \"lost\": %d}\n",
           age_count, slowest, (double)p50, (double)p99, client_count, lost);
    fflush(stdout);
}

int main(int count, char **given) {
    if (count < 6) return 2;
    signal(SIGPIPE, SIG_IGN);
    port = atoi(given[1]), at = atoi(given[2]), bytes = atoi(given[3]);
    subprotocol = given[4], first_text = given[5], with_tls = count > 6;
    ages_us = malloc(MOST_AGES * sizeof *ages_us);
    epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, came[256];
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &event);
    int64_t until_ns = 0;
    for (;;) {
        int64_t left_ns = until_ns - now_ns();
        if (counting && left_ns <= 0) { counting = 0; tell(); }
        int ready = epoll_wait(epoll, came, 256, counting ? (int)(left_ns / 1000000) + 1 : -1);
        for (int n = 0; n < ready; n++) {
            if (came[n].data.ptr) { take(came[n].data.ptr); continue; }
            char line[64];
            double seconds;
            int number;
            /* read(), not stdio: nothing may wait in a buffer that epoll does not see. */
            ssize_t got = read(0, line, sizeof line - 1);
            if (got <= 0) return 0;
            line[got] = 0;
            if (sscanf(line, "add %d", &number) == 1) {
                printf("{\"added\": %d}\n", add(number));
            } else if (sscanf(line, "stuck %d", &number) == 1) {
                int opened = 0;
                SSL *tls;
                while (opened < number && open_socket(&tls) >= 0) opened++;
                printf("{\"added\": %d}\n", opened);
            } else if (sscanf(line, "take %lf", &seconds) == 1) {
                for (int m = 0; m < client_count; m++) clients[m]->messages = 0;
                age_count = 0, counting = 1, until_ns = now_ns() + (int64_t)(seconds * 1e9);
                continue;
            }
            fflush(stdout);
        }
    }
}
