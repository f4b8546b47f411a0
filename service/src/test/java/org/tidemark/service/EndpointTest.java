// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.config.ServiceSettings.Address;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.MovableClock;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.check.CheckReport;

/** Hostile and broken clients of the HTTP server, which answers over a real socket. */
class EndpointTest {
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
    private static final ClusterName MAIN = new ClusterName("main");
    private static final ClusterName DOTTED = new ClusterName("x.json");
    private static final String MARKUP = "<script>alert(\"1\")</script>";

    private final MovableClock clock = new MovableClock(NOW);
    private final Observations observations = new Observations(clock);
    private final Metrics metrics = new Metrics(clock, observations);
    private final Address address = new Address("127.0.0.1", FreePort.next());
    private final List<UserFacingException> told = new CopyOnWriteArrayList<>();
    private final Endpoint endpoint =
            new Endpoint(address, "service.listen", new Site(clock, observations, metrics), told::add);
    private final List<Socket> clients = new ArrayList<>();

    EndpointTest() {
        observations.keep(Set.of(MAIN, DOTTED));
        observations.checked(
                MAIN,
                new Checked(
                        NOW,
                        new CheckReport(
                                MAIN, List.of("near"), List.of(Finding.critical("wal", MARKUP, "Look.")), List.of())));
    }

    @AfterEach
    void stop() throws IOException {
        for (Socket each : clients) {
            each.close();
        }
        endpoint.close();
    }

    private Socket client() throws IOException {
        Socket client = new Socket(address.host(), address.port());
        client.setSoTimeout(30_000);
        clients.add(client);
        return client;
    }

    /** What is answered until the connection ends; the empty text if it ends without an answer. */
    private String ask(String request) throws IOException {
        Socket client = client();
        try {
            OutputStream out = client.getOutputStream();
            out.write(request.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
            return rest(client);
        } catch (SocketException e) {
            return "";
        }
    }

    private static String rest(Socket client) throws IOException {
        try (InputStream in = client.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketException e) {
            return "";
        }
    }

    private String request(String line, String... headers) {
        return line + " HTTP/1.1\r\nHost: 127.0.0.1:" + address.port() + "\r\nConnection: close\r\n"
                + String.join(
                        "", List.of(headers).stream().map(each -> each + "\r\n").toList()) + "\r\n";
    }

    private String get(String path, String... headers) throws IOException {
        return ask(request("GET " + path, headers));
    }

    @Test
    void tellsMetricsAndJson() throws IOException {
        assertThat(get("/metrics"))
                .startsWith("HTTP/1.1 200")
                .containsIgnoringCase("content-type: text/plain; version=0.0.4")
                .contains("tidemark_check_severity{cluster=\"main\"} 2.0");
        assertThat(get("/metrics", "Accept: application/openmetrics-text"))
                .containsIgnoringCase("content-type: application/openmetrics-text")
                .endsWith("# EOF\n");
        assertThat(get("/fleet.json"))
                .startsWith("HTTP/1.1 200")
                .containsIgnoringCase("content-type: application/json")
                .contains(
                        "\"formatVersion\"",
                        "\"asOf\" : \"2026-11-20T10:00:00.000000Z\"",
                        "\"severity\" : \"CRITICAL\"");
        assertThat(get("/cluster/main.json"))
                .contains("\"checkedAt\" : \"2026-11-20T10:00:00.000000Z\"", "\"findings\"");
        assertThat(get("/cluster/x.json.json")).contains("\"cluster\" : \"x.json\"");
    }

    @Test
    void showsPages() throws IOException {
        assertThat(get("/"))
                .startsWith("HTTP/1.1 200")
                .containsIgnoringCase("content-type: text/html; charset=utf-8")
                .contains("<!DOCTYPE html>", "href=\"/cluster/main\"", "href=\"/cluster/x.json\"");
        assertThat(get("/cluster/main")).contains("<!DOCTYPE html>", "alert(");
        assertThat(get("/cluster/x.json"))
                .containsIgnoringCase("content-type: text/html")
                .contains("x.json");
        assertThat(get("/page.css")).containsIgnoringCase("content-type: text/css");
        assertThat(get("/page.js")).containsIgnoringCase("content-type: text/javascript");
        assertThat(get("/", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"))
                .as("a link in a chat")
                .startsWith("HTTP/1.1 200");
        assertThat(get("/", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"))
                .as("a picture or a script of another page")
                .startsWith("HTTP/1.1 403");
    }

    /** The policy of the page allows neither: a page that needs one of them would be broken. */
    @Test
    void pagesHaveNoScriptOrStyleOfTheirOwn() throws IOException {
        for (String path : List.of("/", "/cluster/main")) {
            assertThat(get(path))
                    .doesNotContain("<script>", " style=\"", "<style", "javascript:")
                    .doesNotContainPattern("\\son[a-z]+=");
        }
    }

    /** A cluster that was not looked at for long is not told to be well, and what was wrong is still told. */
    @Test
    void anOldLookIsOld() throws IOException {
        clock.set(NOW.plus(Observations.INTERVAL.multipliedBy(2)));

        for (String path : List.of("/cluster/main.json", "/cluster/main")) {
            assertThat(get(path)).contains("CRITICAL", "no check has ended since 2026-11-20 10:00:00Z");
        }
        assertThat(get("/cluster/main.json"))
                .contains("\"severity\" : \"CRITICAL\"", "\"checkedAt\" : \"2026-11-20T10:00:00.000000Z\"");
        assertThat(get("/fleet.json"))
                .contains(
                        "\"severity\" : \"CRITICAL\"",
                        "\"otherFindings\" : 1",
                        "\"asOf\" : \"2026-11-20T10:00:00.000000Z\"");
        assertThat(get("/"))
                .contains(
                        "CRITICAL",
                        "(and 1 more finding)",
                        "as of <time",
                        "2026-11-20 10:00:00Z",
                        "2026-11-20 10:10:00Z");
    }

    /** One that is found in repositories is told like those of this host, and forgotten alone. */
    @Test
    void otherClustersAreForgottenApart() throws IOException {
        ClusterName other = new ClusterName("other");
        observations.keepOthers(Map.of(other, "far"));
        observations.keep(Set.of(MAIN));
        assertThat(get("/fleet.json")).contains("\"main\"", "\"other\"").doesNotContain("\"x.json\"");

        observations.keepOthers(Map.of());
        assertThat(get("/fleet.json")).contains("\"main\"").doesNotContain("\"other\"");
    }

    /** A program that reads one cluster does not get the page of another one, whatever that is called. */
    @Test
    void aNameThatEndsAsJsonHidesNoJson() throws IOException {
        observations.keep(Set.of(MAIN, new ClusterName("main.json")));

        assertThat(get("/cluster/main.json"))
                .containsIgnoringCase("content-type: application/json")
                .contains("\"cluster\" : \"main\"");
    }

    /** Many requests cost one page, and none tells what was known before. */
    @Test
    void whatIsKeptIsWhatIsKnown() throws IOException {
        assertThat(get("/")).contains("alert(");
        observations.checked(
                MAIN,
                new Checked(
                        NOW,
                        new CheckReport(
                                MAIN, List.of("near"), List.of(Finding.critical("wal", "other", "Look.")), List.of())));

        for (String path : List.of("/", "/fleet.json", "/cluster/main", "/cluster/main.json")) {
            assertThat(get(path)).contains("other").doesNotContain("alert(");
        }
    }

    @Test
    void eachAnswerForbidsABrowserToUseItElsewhere() throws IOException {
        for (String path : List.of("/", "/cluster/main", "/page.js", "/fleet.json", "/metrics", "/nowhere")) {
            assertThat(get(path).split("\r\n\r\n", 2)[0])
                    .containsIgnoringCase("content-security-policy: default-src 'none'; ")
                    .containsIgnoringCase("frame-ancestors 'none'")
                    .containsIgnoringCase("x-content-type-options: nosniff")
                    .containsIgnoringCase("referrer-policy: no-referrer")
                    .containsIgnoringCase("cross-origin-resource-policy: same-origin")
                    .containsIgnoringCase("cache-control: no-store")
                    .doesNotContainIgnoringCase("cookie")
                    .doesNotContainIgnoringCase("access-control");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: evil.example",
                "Host: evil.example:PORT",
                "Host: 127.0.0.1",
                "Host: 127.0.0.1:1",
                "Host: 127.0.0.1.evil.example:PORT",
                "Host: localhost:PORT@evil.example",
                "Host: ",
                "X-Forwarded-Host: 127.0.0.1:PORT",
                "Host: 127.0.0.1:PORT\r\nHost: evil.example"
            })
    void anotherHostIsRefused(String host) throws IOException {
        String headers = host.replace("PORT", Integer.toString(address.port())) + "\r\nConnection: close\r\n\r\n";
        for (String version : List.of("HTTP/1.1", "HTTP/1.0")) {
            assertThat(ask("GET /metrics " + version + "\r\n" + headers))
                    .startsWith("HTTP/1.1 421")
                    .doesNotContain("tidemark_");
        }
    }

    @Test
    void theAddressInTheFirstLineIsAHostToo() throws IOException {
        assertThat(get("http://evil.example/metrics"))
                .startsWith("HTTP/1.1 421")
                .doesNotContain("tidemark_");
        assertThat(get("//evil.example/metrics")).startsWith("HTTP/1.1 421").doesNotContain("tidemark_");
        assertThat(get("http://127.0.0.1:" + address.port() + "/metrics")).startsWith("HTTP/1.1 200");
        assertThat(ask("GET /metrics HTTP/1.0\r\nHost: localhost:" + address.port() + "\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
    }

    @ParameterizedTest
    @CsvSource({"cross-site, 403", "same-site, 403", "same-origin, 200", "none, 200", "nonsense, 403"})
    void dataIsNotForPagesOfOtherSites(String site, int status) throws IOException {
        for (String path : List.of("/fleet.json", "/cluster/main.json", "/metrics")) {
            assertThat(get(path, "Sec-Fetch-Site: " + site, "Sec-Fetch-Mode: navigate"))
                    .startsWith("HTTP/1.1 " + status);
        }
    }

    @Test
    void nothingIsWritten() throws IOException {
        for (String method : List.of("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "X")) {
            assertThat(ask(request(method + " /fleet.json")))
                    .startsWith("HTTP/1.1 405")
                    .containsIgnoringCase("allow: GET, HEAD")
                    .endsWith("only GET and HEAD\n");
        }
        assertThat(ask(request("HEAD /fleet.json"))).startsWith("HTTP/1.1 200").endsWith("\r\n\r\n");
        assertThat(ask(request("HEAD /nowhere"))).startsWith("HTTP/1.1 404").endsWith("\r\n\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/metrics/../etc/passwd",
                "/metrics/",
                "/metrics%2f",
                "/cluster/..%2f..%2fetc%2fpasswd.json",
                "/cluster/../fleet.json",
                "/cluster/%2e%2e/fleet.json",
                "/cluster/main%00.json",
                "/cluster/%6dain.json",
                "/cluster/main%2ejson",
                "/cluster/.json",
                "/cluster/%3Cscript%3Ealert(1)%3C%2Fscript%3E.json",
                "/cluster/other.json",
                "/cluster/",
                "/cluster"
            })
    void pathsAreNamesAlone(String path) throws IOException {
        assertThat(get(path))
                .startsWith("HTTP/1.1 404")
                .containsIgnoringCase("content-type: text/plain")
                .endsWith("\r\n\r\nnothing is here\n");
    }

    @Test
    void nonsenseIsNoRequest() throws IOException {
        for (String request : List.of(
                "\u0000\u0001 nonsense\r\n\r\n",
                "GET\r\n\r\n",
                "GET /%zz HTTP/1.1\r\n\r\n",
                "GET /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                "GET /metrics HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")) {
            assertThat(ask(request)).as(request).doesNotContain("tidemark_", "200");
        }
    }

    /** A name or a message that is markup stays text: its type says so, and a browser is told not to guess. */
    @Test
    void markupInAMessageIsText() throws IOException {
        assertThat(get("/fleet.json"))
                .containsIgnoringCase("content-type: application/json")
                .contains("<script>alert(\\\"1\\\")</script>");
    }

    @Test
    void aHugeRequestEndsBeforeItIsRead() throws IOException {
        String large = "a".repeat(1 << 20);

        assertThat(ask("GET /" + large)).isEmpty();
        assertThat(get("/metrics", "X: " + large)).isEmpty();
        assertThat(get(
                        "/metrics",
                        IntStream.range(0, 300).mapToObj(i -> "X" + i + ": a").toArray(String[]::new)))
                .isEmpty();
        assertThat(get("/metrics")).startsWith("HTTP/1.1 200");
    }

    /** The body of a request is not read, however long it is. */
    @Test
    void aBodyIsNotWaitedFor() throws IOException {
        assertThat(ask(request("GET /metrics", "Content-Length: 1000000000"))).startsWith("HTTP/1.1 200");
        assertThat(ask(request("POST /metrics", "Content-Length: 1000000000"))).startsWith("HTTP/1.1 405");
    }

    private static long memory() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** Half of them send nothing, the others headers of the full size without an end. */
    @Test
    void clientsThatHangKeepNobodyFromAnAnswer() throws IOException {
        assertThat(get("/metrics")).startsWith("HTTP/1.1 200");
        long before = memory();
        int threads = Thread.activeCount();
        int most = Endpoint.mostConnections() - 10;
        String full = "GET /metrics HTTP/1.1\r\nHost: " + "a".repeat(Endpoint.HEADER_BYTES - 100);
        for (int i = 0; i < most; i++) {
            Socket client = client();
            if (i % 2 == 0) {
                client.getOutputStream().write(full.getBytes(StandardCharsets.US_ASCII));
            }
        }

        long begun = System.nanoTime();
        assertThat(get("/metrics")).startsWith("HTTP/1.1 200");
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
        assertThat((memory() - before) / most).as("bytes of a client").isLessThan(Endpoint.BYTES_OF_A_CONNECTION);
        assertThat(Thread.activeCount() - threads).as("threads").isLessThan(50);

        assertThat(rest(clients.getLast())).as("who is silent is disconnected").isEmpty();
        assertThat(get("/metrics")).startsWith("HTTP/1.1 200");
    }

    /** All of them have headers of the full size: whatever their number, they hold what one is counted for. */
    @Test
    void headersOfFullSizeHoldWhatIsCounted() throws Exception {
        assertThat(get("/metrics")).startsWith("HTTP/1.1 200");
        int most = Endpoint.mostConnections() - 10;
        byte[] full = ("GET /metrics HTTP/1.1\r\nHost: " + "a".repeat(Endpoint.HEADER_BYTES - 100))
                .getBytes(StandardCharsets.US_ASCII);
        long before = memory();
        for (int i = 0; i < most; i++) {
            client().getOutputStream().write(full);
        }
        Thread.sleep(500); // they are read meanwhile
        long each = (memory() - before) / most;

        assertThat(each).as("bytes of a connection").isLessThan(Endpoint.BYTES_OF_A_CONNECTION);
        assertThat(get("/metrics")).startsWith("HTTP/1.1 200");
    }

    @ParameterizedTest
    @CsvSource({
        // open files, MiB of heap, connections
        "1048576, 704, 450",
        "1048576, 65536, 2048",
        "1024, 704, 64",
        "0, 704, 32",
        "1048576, 16, 32",
    })
    void connectionsGetAPartOfFilesAndHeap(long files, long heap, int connections) {
        assertThat(Endpoint.mostConnections(files, heap << 20)).isEqualTo(connections);
    }

    /** It is tried every 15 s. */
    @Test
    void aTakenAddressLeavesNoFileOpen() throws IOException {
        taken();
        long before = openFiles();
        for (int i = 0; i < 50; i++) {
            taken();
        }
        assertThat(openFiles() - before).isLessThan(10);
    }

    private void taken() {
        assertThatThrownBy(() -> new Endpoint(address, "service.listen", metrics, told::add))
                .isInstanceOf(UserFacingException.class);
    }

    private static long openFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    /** Who did not ask for it is told that the connection ends, and it does. */
    @Test
    void eachAnswerEndsItsConnection() throws IOException {
        String host = " HTTP/1.1\r\nHost: 127.0.0.1:" + address.port() + "\r\n\r\n";
        for (String request : List.of("GET /metrics", "HEAD /metrics", "GET /nowhere", "POST /metrics")) {
            assertThat(ask(request + host + "GET /metrics" + host).split("HTTP/1.1 ", -1))
                    .as(request)
                    .hasSize(2)
                    .satisfies(parts -> assertThat(parts[1]).containsIgnoringCase("connection: close"));
        }
    }

    /** The client is told no more than that; the log has it. */
    @Test
    void anErrorInTheProgramIsTold() throws IOException {
        Address other = new Address("127.0.0.1", FreePort.next());
        Answers answers = (path, _) -> Optional.of(new Answers.Answer(Answers.Kind.PAGE, "text/plain", () -> {
            throw new IllegalStateException("of " + path);
        }));
        try (Endpoint _ = new Endpoint(other, "service.listen", answers, told::add)) {
            Socket asks = new Socket(other.host(), other.port());
            clients.add(asks);
            asks.getOutputStream()
                    .write(("GET /x HTTP/1.1\r\nHost: 127.0.0.1:" + other.port() + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(rest(asks)).startsWith("HTTP/1.1 500").endsWith("\r\n\r\nan error in the program itself\n");
        }
        assertThat(told).singleElement().asString().contains("IllegalStateException: of /x");
    }

    /** What is there and what is not are the same to them. */
    @Test
    void pagesOfOtherSitesCannotAskWhichClustersThereAre() throws IOException {
        for (String path : List.of("/cluster/main", "/cluster/nobody", "/nowhere")) {
            assertThat(get(path, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"))
                    .startsWith("HTTP/1.1 403");
        }
    }

    /** A byte now and then does not make a request last longer. */
    @Test
    void aSlowRequestEnds() throws Exception {
        Socket slow = client();
        long begun = System.nanoTime();
        boolean isOpen = true;
        try {
            slow.getOutputStream().write("GET /metrics HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
            while (Duration.ofNanos(System.nanoTime() - begun).compareTo(Duration.ofSeconds(20)) < 0) {
                slow.getOutputStream().write('X');
                Thread.sleep(100);
            }
        } catch (IOException e) {
            isOpen = false;
        }

        assertThat(isOpen).isFalse();
        assertThat(get("/metrics")).startsWith("HTTP/1.1 200");
    }

    /** Who does not read an answer holds its bytes for a while, and no more than a few do at once. */
    @Test
    void clientsThatDoNotReadAreFew() throws IOException {
        byte[] large = new byte[16 << 20];
        Address other = new Address("127.0.0.1", FreePort.next());
        Answers answers = (path, _) -> path.equals("/large")
                ? Optional.of(new Answers.Answer(Answers.Kind.PAGE, "text/plain", large::clone))
                : metrics.at(path, "");
        try (Endpoint _ = new Endpoint(other, "service.listen", answers, told::add)) {
            List<Socket> readers = new ArrayList<>();
            long before = memory();
            for (int i = 0; i < 40; i++) {
                Socket reader = new Socket(other.host(), other.port());
                reader.setSoTimeout(30_000);
                clients.add(reader);
                readers.add(reader);
                reader.getOutputStream()
                        .write(("GET /large HTTP/1.1\r\nHost: 127.0.0.1:" + other.port() + "\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
            }
            Socket asks = new Socket(other.host(), other.port());
            clients.add(asks);
            asks.getOutputStream()
                    .write(("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:" + other.port()
                                    + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(rest(asks)).startsWith("HTTP/1.1 200");
            assertThat(memory() - before).isLessThan(9L * large.length);
            assertThat(readers.stream().filter(each -> isBusy(each)).count()).isEqualTo(32);
        }
    }

    private static boolean isBusy(Socket reader) {
        try {
            return new String(reader.getInputStream().readNBytes(12), StandardCharsets.US_ASCII).equals("HTTP/1.1 503");
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aTakenAddressIsTold() {
        assertThatThrownBy(() -> new Endpoint(address, "service.listen", metrics, told::add))
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("cannot listen on 127.0.0.1:" + address.port());
    }

    /** Where metrics alone are served, nothing else is. */
    @Test
    void metricsAloneAreNothingElse() {
        assertThat(metrics.at("/metrics", "")).isPresent();
        for (String path : List.of("/", "/fleet.json", "/cluster/main.json", "/page.css")) {
            assertThat(metrics.at(path, "")).isEmpty();
        }
    }
}
