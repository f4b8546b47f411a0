// SPDX-License-Identifier: Apache-2.0
package org.tidemark.notify;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.Environment;
import org.tidemark.config.NotifySettings;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.JsonObject;
import org.tidemark.notify.Notifications.Look;
import org.tidemark.notify.Notifications.Untold;

/** What destinations receive, by a real server and real programs. */
class NotificationsTest {
    private static final ClusterName MAIN = new ClusterName("main");
    private static final Instant START = Instant.parse("2026-11-30T10:00:00Z");
    private static final Finding FULL = Finding.critical("store", "no room", "make room");

    @TempDir
    private Path directory;

    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final List<String> paths = new CopyOnWriteArrayList<>();
    private volatile int status = 200;
    private volatile String refused = "nothing is";
    private HttpServer server = newServer();

    private static HttpServer newServer() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void serve() {
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            paths.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            if (body.contains(refused)) {
                exchange.sendResponseHeaders(400, -1);
                return;
            }
            bodies.add(body);
            exchange.getResponseHeaders().set("Location", "/elsewhere");
            byte[] text = "what the receiver says".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, text.length);
            exchange.getResponseBody().write(text);
        }
    }

    private String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/hooks/secret-token";
    }

    /** As the configuration gives them. */
    private List<NotifySettings> settings(String... lines) throws IOException {
        Path file = directory.resolve("tidemark.toml");
        Files.writeString(file, String.join("\n", lines) + "\n[cluster.main]\n");
        return new ConfigurationLoader(new Environment(Map.of(), directory, directory, directory), Clock.systemUTC())
                .load(Optional.of(file), List.of())
                .configuration()
                .destinations();
    }

    /** A new one each time, as a process that was started again. */
    private Notifications notifications() {
        return new Notifications(directory.resolve("spool"), "db1");
    }

    private static Look look(int minute, Finding... found) {
        return new Look(MAIN, List.of(found), Set.of("server"), START.plus(Duration.ofMinutes(minute)));
    }

    private Optional<String> tell(List<NotifySettings> to, Look look) throws IOException {
        notifications().queue(look, to);
        Optional<String> why = Optional.empty();
        for (NotifySettings each : to) {
            why = why.or(() -> {
                try {
                    return notifications().deliver(each, look.at(), look.at());
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
        return why;
    }

    @Test
    void eachChangeGivesOneMessageAndOneEndAlsoAfterARestart() throws IOException {
        List<NotifySettings> chat = settings("[notify.chat]", "webhook = \"" + address() + "\"");

        for (int minute = 0; minute < 30; minute += 5) {
            assertThat(tell(chat, look(minute, FULL.of("local")))).isEmpty();
        }
        assertThat(bodies).hasSize(1);
        JsonObject told = JsonObject.parse(bodies.getFirst());
        assertThat(told.text("title")).isEqualTo("Tidemark: cluster 'main' is NOT FULLY PROTECTED");
        assertThat(told.text("text"))
                .contains("CRITICAL store (local): no room\n  make room")
                .contains("Seen by db1 at 2026-11-30 10:00:00Z");
        assertThat(told.list("changes", each -> each.text("subject"))).containsExactly("store");

        tell(chat, look(30));
        tell(chat, look(35));
        assertThat(bodies).hasSize(2);
        assertThat(JsonObject.parse(bodies.getLast()).text("text"))
                .contains("cluster 'main' is protected")
                .contains("OVER: store (local), CRITICAL for 30m00s");
    }

    @Test
    void whatCouldNotBeSentWaitsAndIsSentInOrder() throws IOException {
        List<NotifySettings> chat =
                settings("[notify.chat]", "webhook = \"" + address() + "\"", "webhook-form = \"text\"");
        status = 500;

        assertThat(tell(chat, look(0, FULL))).contains("127.0.0.1 answered with status 500");
        tell(chat, look(5));
        assertThat(Notifications.untold(directory.resolve("spool"), chat))
                .containsExactly(new Untold("chat", 2, START, Optional.of("127.0.0.1 answered with status 500")));

        bodies.clear();
        status = 200;
        assertThat(tell(chat, look(10))).isEmpty();
        assertThat(bodies).hasSize(2);
        assertThat(bodies.getFirst()).contains("CRITICAL store").startsWith("{\"text\":");
        assertThat(bodies.getLast()).contains("OVER: store");
        assertThat(Notifications.untold(directory.resolve("spool"), chat)).isEmpty();
    }

    @Test
    void whatIsRefusedForAnHourLetsTheLaterOnesPass() throws IOException {
        List<NotifySettings> chat = settings("[notify.chat]", "webhook = \"" + address() + "\"");
        refused = "no room";

        assertThat(tell(chat, look(0, FULL))).isPresent();
        assertThat(tell(chat, look(5))).isPresent();
        assertThat(bodies).isEmpty();
        assertThat(tell(chat, look(61))).isPresent();
        assertThat(bodies).singleElement().satisfies(each -> assertThat(each).contains("OVER: store"));
    }

    @Test
    void anOlderLookTellsNothing() throws IOException {
        List<NotifySettings> chat = settings("[notify.chat]", "webhook = \"" + address() + "\"");
        tell(chat, look(10, FULL));

        tell(chat, look(5));

        assertThat(bodies).hasSize(1);
    }

    @Test
    void whatWaitsHasALimitAndTheNewestStays() throws IOException {
        List<NotifySettings> chat = settings("[notify.chat]", "webhook = \"" + address() + "\"");
        for (int minute = 0; minute < 300; minute += 2) {
            notifications().queue(look(minute, FULL), chat);
            notifications().queue(look(minute + 1), chat);
        }

        assertThat(Notifications.untold(directory.resolve("spool"), chat))
                .singleElement()
                .satisfies(each -> {
                    assertThat(each.announcements()).isEqualTo(Outbox.MOST);
                    assertThat(each.oldest()).isEqualTo(START.plus(Duration.ofMinutes(200)));
                });
    }

    @Test
    void aRedirectIsNotFollowedAndNoAnswerIsShown() throws IOException {
        List<NotifySettings> chat = settings("[notify.chat]", "webhook = \"" + address() + "\"");
        status = 302;

        assertThat(tell(chat, look(0, FULL)))
                .hasValueSatisfying(why -> assertThat(why)
                        .isEqualTo("127.0.0.1 answered with status 302")
                        .doesNotContain("secret-token")
                        .doesNotContain("receiver says"));
        assertThat(paths).containsExactly("POST /hooks/secret-token");
    }

    @Test
    void aReceiverThatIsSilentFailsInTime() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            List<NotifySettings> chat = settings(
                    "[notify.chat]", "webhook = \"http://127.0.0.1:" + silent.getLocalPort() + "/secret-token\"");
            long begun = System.nanoTime();

            assertThat(tell(chat, look(0, FULL))).contains("127.0.0.1 did not answer within 10s");
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(25));
        }
    }

    @Test
    void anAddressInAFileIsReadEachTime() throws IOException {
        Path secret = directory.resolve("chat.url");
        List<NotifySettings> chat = settings("[notify.chat]", "webhook = \"" + secret + "\"");

        assertThat(tell(chat, look(0, FULL)))
                .hasValueSatisfying(why -> assertThat(why).contains("cannot read '" + secret + "'"));
        Files.writeString(secret, "http://example.org/plain\n");
        assertThat(tell(chat, look(5, FULL)))
                .hasValueSatisfying(why -> assertThat(why)
                        .contains("has no address that may be used")
                        .doesNotContain("example.org"));
        Files.writeString(secret, address() + "\n");
        assertThat(tell(chat, look(10, FULL))).isEmpty();
        assertThat(bodies).hasSize(1);
    }

    @Test
    void aHeartbeatNeedsALookOfNow() throws IOException {
        NotifySettings beat =
                settings("[notify.alive]", "heartbeat = \"" + address() + "\"").getFirst();

        assertThat(notifications().deliver(beat, START, START.plus(Duration.ofMinutes(9))))
                .isEmpty();
        assertThat(notifications().deliver(beat, START, START.plus(Duration.ofMinutes(11))))
                .isEmpty();
        assertThat(paths).containsExactly("GET /hooks/secret-token");
    }

    @Test
    void aProgramGetsWordsAndMustSucceed() throws IOException {
        Path out = directory.resolve("out");
        Path program = program("printf '%s\\n' \"$TIDEMARK_CLUSTER\" \"$TIDEMARK_STATE\" \"$TIDEMARK_TITLE\" > '" + out
                + "'; test ! -e '" + out + ".fail'");
        List<NotifySettings> pager = settings("[notify.pager]", "command = \"" + program + "\"");

        assertThat(tell(pager, look(0, FULL))).isEmpty();
        assertThat(Files.readAllLines(out))
                .containsExactly("main", "CRITICAL", "Tidemark: cluster 'main' is NOT FULLY PROTECTED");

        Files.createFile(directory.resolve("out.fail"));
        assertThat(tell(pager, look(5))).contains("'" + program + "' exited with status 1");
        Files.delete(directory.resolve("out.fail"));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(tell(pager, look(10)))
                .hasValueSatisfying(why -> assertThat(why).contains("other users may change"));
    }

    private Path program(String script) throws IOException {
        Path program = directory.resolve("program");
        Files.writeString(program, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return program;
    }

    @Test
    void aProgramIsStartedHoweverMuchThereIsToSay() throws IOException {
        Path out = directory.resolve("out");
        Path program = program("printf '%s' \"$TIDEMARK_TEXT\" | wc -c > '" + out
                + "'; printf '%s' \"$TIDEMARK_JSON\" >> '" + out + "'");
        List<NotifySettings> pager = settings("[notify.pager]", "command = \"" + program + "\"");

        assertThat(tell(pager, look(0, Finding.critical("holes", "a hole; ".repeat(40_000), ""))))
                .isEmpty();
        assertThat(Files.readString(out)).matches("1638[0-9]\\s+\\{}");
    }

    @Test
    void whatWasCutOffByACrashIsToldAgainAndNothingFails() throws IOException {
        List<NotifySettings> chat = settings("[notify.chat]", "webhook = \"" + address() + "\"");
        tell(chat, look(0, FULL));
        try (Stream<Path> files = Files.walk(directory.resolve("spool"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.writeString(file, "{\"open\":[{");
            }
        }

        tell(chat, look(5, FULL));

        assertThat(bodies).hasSize(2);
    }

    @Test
    void aTestSaysThatNothingHasHappened() throws IOException {
        NotifySettings chat =
                settings("[notify.chat]", "webhook = \"" + address() + "\"").getFirst();

        assertThat(notifications().test(chat, MAIN, START)).isEmpty();
        assertThat(bodies)
                .singleElement()
                .satisfies(body -> assertThat(body).contains("a test for cluster 'main', nothing has happened"));
    }
}
