// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.config.LogSettings;
import org.tidemark.config.LogSettings.Level;
import org.tidemark.config.LogSettings.LogFile;
import org.tidemark.config.LogSettings.Service;

class LogTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T18:10:29.155514Z"), ZoneOffset.UTC);

    @TempDir
    private Path directory;

    private final List<String> complaints = new CopyOnWriteArrayList<>();

    private Path file() {
        return directory.resolve("tidemark.log");
    }

    private Log log(Path file, Level level) {
        return Log.of(new LogSettings(new LogFile(file), level), "backup", CLOCK, complaints::add);
    }

    @Test
    void aLineSaysWhenWhoWhatAndHow() throws IOException {
        try (Log log = log(file(), Level.INFO)) {
            log.write(Level.WARNING, "main", "two\n  lines", "hint", "say \"no\"", "empty", "", "bytes", "16");
            log.write(Level.DEBUG, "main", "nobody asked for this");
        }

        assertThat(Files.readString(file()))
                .isEqualTo("2026-11-20T18:10:29.155514Z WARNING ["
                        + ProcessHandle.current().pid()
                        + "] main backup: two lines hint=\"say \\\"no\\\"\" bytes=16\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-r-----");
        assertThat(complaints).isEmpty();
    }

    @Test
    void anAbsurdlyLongLineIsCutOff() throws IOException {
        try (Log log = log(file(), Level.INFO)) {
            log.write(Level.ERROR, "main", "x".repeat(100_000));
        }

        assertThat(Files.readString(file())).hasSize(Log.MOST_BYTES).endsWith("xxx...\n");
    }

    @Test
    void aRenamedFileGetsASuccessorAndACutOneGoesOn() throws IOException {
        try (Log log = log(file(), Level.INFO)) {
            log.write(Level.INFO, "main", "one");
            await().until(() -> Files.exists(file()) && Files.size(file()) > 0);
            Files.move(file(), directory.resolve("tidemark.log.1"));
            log.write(Level.INFO, "main", "two");
            await().until(() -> Files.exists(file()) && Files.size(file()) > 0);
            try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
                channel.truncate(0);
            }
            log.write(Level.INFO, "main", "three");
        }

        assertThat(Files.readString(directory.resolve("tidemark.log.1"))).contains(": one\n");
        assertThat(Files.readString(file())).contains(": three\n").doesNotContain("\0", "two");
    }

    @Test
    void aLogThatCannotBeWrittenIsComplainedOfOnce() {
        try (Log log = log(directory.resolve("gone/tidemark.log"), Level.INFO)) {
            log.write(Level.INFO, "main", "one");
            log.write(Level.INFO, "main", "two");
        }

        assertThat(complaints)
                .containsExactly(
                        "cannot write the log '" + directory.resolve("gone/tidemark.log") + "': there is no such file");
    }

    /** A pipe that nobody reads hangs as a disk does that went away. */
    @Test
    void aLogThatHangsDelaysNobodyForLong() throws Exception {
        assertThat(new ProcessBuilder("mkfifo", file().toString()).start().waitFor())
                .isZero();
        long begun = System.nanoTime();

        try (Log log = log(file(), Level.INFO)) {
            for (int i = 0; i < 2 * Log.MOST_LINES; i++) {
                log.write(Level.INFO, "main", "line " + i);
            }
        }

        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void linesOfSeveralWritersStayWhole() throws Exception {
        List<Thread> writers = new ArrayList<>();
        for (int writer = 0; writer < 4; writer++) {
            String text = Integer.toString(writer).repeat(3000);
            writers.add(Thread.ofPlatform().start(() -> {
                try (Log log = log(file(), Level.INFO)) {
                    for (int i = 0; i < 100; i++) {
                        log.write(Level.INFO, "main", text);
                    }
                }
            }));
        }
        for (Thread each : writers) {
            each.join();
        }

        assertThat(Files.readAllLines(file()))
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).matches(".*: (0{3000}|1{3000}|2{3000}|3{3000})"));
    }

    /** The machine of the tests has no syslog on /dev/log: logger sends to one of the test. */
    @Test
    void loggerUnderstandsThePriorityOfALine() throws Exception {
        try (DatagramSocket syslog = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            syslog.setSoTimeout(10_000);
            Path program = directory.resolve("logger");
            Files.writeString(
                    program,
                    "#!/bin/sh\nexec logger --rfc3164 -n 127.0.0.1 -d -P " + syslog.getLocalPort() + " \"$@\"\n");
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));

            try (ServiceSink sink = new ServiceSink(Service.SYSLOG, directory, program.toString())) {
                sink.write("<4>WARNING [1] main backup: one\n".getBytes(StandardCharsets.UTF_8));
                sink.write("<6>INFO [1] main backup: two\n".getBytes(StandardCharsets.UTF_8));

                // 28 is a warning of a daemon, 30 an information of one. A close waits for logger for a moment only.
                assertThat(received(syslog)).startsWith("<28>").endsWith("tidemark: WARNING [1] main backup: one");
                assertThat(received(syslog)).startsWith("<30>").endsWith("tidemark: INFO [1] main backup: two");
            }
        }
    }

    private static String received(DatagramSocket syslog) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
        syslog.receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8).strip();
    }

    /** As logger does while nobody takes what it hands over: it ignores the end of its input. */
    @Test
    void aProgramThatDoesNotEndIsKilled() throws Exception {
        Path program = directory.resolve("logger");
        Path number = directory.resolve("number");
        Files.writeString(program, "#!/bin/sh\necho $$ > " + number + "\nexec sleep 600\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        try (ServiceSink sink = new ServiceSink(Service.SYSLOG, directory, program.toString())) {
            sink.write("<6>a line\n".getBytes(StandardCharsets.UTF_8));
            await().until(() ->
                    Files.exists(number) && !Files.readString(number).isBlank());
        }

        long pid = Long.parseLong(Files.readString(number).strip());
        await().until(() -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
    }

    @Test
    void aServiceThatDoesNotRunIsNamed() {
        try (ServiceSink sink = new ServiceSink(Service.SYSLOG, directory.resolve("log"), "logger")) {
            assertThatThrownBy(() -> sink.write(new byte[] {'\n'}))
                    .hasMessage("there is no '" + directory.resolve("log") + "'");
        }
    }
}
