// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** An operator who types {@code wal-fetch} in a terminal is told what it did; PostgreSQL's log stays quiet. */
@InTurn
class FetchByHandTest {
    private static final String NOT_ARCHIVED = "0000000100000FFF00000001";

    private static final TidemarkHost HOST = new TidemarkHost();
    private static Path restored = Path.of("/nowhere");
    private static String segment = "";

    @BeforeAll
    static void restore() throws IOException {
        try (PostgresServer server = PostgresServer.of(
                        PostgresBinaries.oldestAndNewest().getLast())
                .initdb("--wal-segsize=1")
                .archiving(HOST.archiveCommand())
                .create()) {
            HOST.configure(server.conninfo(), server.dataDirectory());
            server.start();
            HOST.must("init");
            HOST.must("backup");
            server.archiveCurrentSegment(Duration.ofMinutes(3));
            restored = HOST.directory().resolve("restored");
            HOST.must("recover", "--to", restored.toString());
            segment = server.query("SELECT last_archived_wal FROM pg_stat_archiver");
        }
        Files.deleteIfExists(restored.resolve("recovery.signal"));
    }

    @AfterAll
    static void remove() {
        HOST.close();
    }

    private record Shown(int status, String text) {}

    /** What a terminal shows of a command of a shell in the restored data directory. */
    private static Shown terminal(String line) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "script(1), of util-linux, makes a terminal");
        Files.deleteIfExists(restored.resolve("postmaster.pid"));
        Path typed = HOST.directory().resolve("typed");
        Files.writeString(typed, "cd '" + restored + "'\n" + line + "\n");
        OperatingUser.current().own(typed);
        Process process = new ProcessBuilder("script", "-qec", "/bin/sh " + typed, "/dev/null")
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Shown(process.waitFor(), text.replace("\r", ""));
    }

    private static String fetch(String file) {
        return InstalledTidemark.launcher() + " wal-fetch " + file + " pg_wal/fetched --config " + HOST.config();
    }

    @Test
    void aTerminalShowsWhatWasDone() throws Exception {
        assertThat(terminal(fetch(segment)))
                .isEqualTo(new Shown(
                        0, "'" + segment + "' was written to '" + restored + "/pg_wal/fetched', from 'local'\n"));
        assertThat(restored.resolve("pg_wal/fetched")).isNotEmptyFile();

        Shown absent = terminal(fetch(NOT_ARCHIVED));
        assertThat(absent.status()).isEqualTo(1);
        assertThat(absent.text()).isEqualTo("not delivered: '" + NOT_ARCHIVED + "' is not in local\n");

        Shown first = terminal(fetch("00000001.history"));
        assertThat(first).isEqualTo(new Shown(1, "not delivered: timeline 1 has no history file\n"));
    }

    @Test
    void nothingIsSaidInALog() throws Exception {
        assertThat(terminal(fetch(segment) + " 2> log; cat log")).isEqualTo(new Shown(0, ""));
        assertThat(terminal(fetch(NOT_ARCHIVED) + " 2> log; cat log")).isEqualTo(new Shown(0, ""));
    }

    /**
     * Linking the first switch over patterns takes 12 ms, that of the first comparison of records 20, and the options
     * of a store are in a library of their own. The configuration is read as text only while it has just changed.
     */
    @Test
    void nothingIsLoadedThatTheCommandsDoWithout() throws Exception {
        readSettledConfiguration();
        assertThat(loadedBy("wal-fetch", segment, "pg_wal/" + segment))
                .contains("org.tidemark.archiver.fetch.WalFetcher")
                .doesNotContain("org.tidemark.store.s3.S3Options", "java.lang.runtime.ObjectMethods")
                .noneMatch(name -> name.contains("$$TypeSwitch"));
        assertThat(loadedBy("wal-push", "pg_wal/" + segment))
                .contains("org.tidemark.archiver.push.WalPusher")
                .doesNotContain("org.tidemark.store.s3.S3Options", "java.lang.runtime.ObjectMethods")
                .noneMatch(name -> name.contains("$$TypeSwitch"));
    }

    /** What was read from files that have changed a moment ago is not kept for the next command. */
    private static void readSettledConfiguration() throws Exception {
        Instant settled = Files.getLastModifiedTime(HOST.config()).toInstant().plusSeconds(3);
        while (Instant.now().isBefore(settled)) {
            Thread.sleep(100);
        }
        loadedBy("wal-fetch", segment, "pg_wal/" + segment);
    }

    private static List<String> loadedBy(String... arguments) throws Exception {
        Files.deleteIfExists(restored.resolve("postmaster.pid"));
        Path log = HOST.directory().resolve(arguments[0] + ".classes");
        List<String> command = new ArrayList<>(List.of(
                "env",
                "TIDEMARK_HOST_PUSH_TIMEOUT=60s",
                "TIDEMARK_JAVA_OPTIONS=-XX:AOTMode=off -Xlog:class+load:file=" + log + ":none",
                InstalledTidemark.launcher().toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--config", HOST.config().toString()));
        Process process = new ProcessBuilder(OperatingUser.current().command(command))
                .directory(restored.toFile())
                .inheritIO()
                .start();
        assertThat(process.waitFor()).isZero();
        try (Stream<String> lines = Files.lines(log)) {
            return lines.map(line -> line.split(" ", 2)[0]).toList();
        }
    }

    /** As pg_ctl without -l starts it: its log is the terminal. */
    @Test
    void nothingIsSaidToAServerThatLogsToATerminal() throws Exception {
        String asServer = "echo $$ > postmaster.pid\n";

        assertThat(terminal(asServer + fetch(segment) + "; echo $?").text()).isEqualTo("0\n");
        assertThat(terminal(asServer + fetch(NOT_ARCHIVED) + "; echo $?").text())
                .isEqualTo("1\n");
        assertThat(terminal(asServer + fetch("00000001.history") + "; echo $?").text())
                .isEqualTo("1\n");
    }
}
