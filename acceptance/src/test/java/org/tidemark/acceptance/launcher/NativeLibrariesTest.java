// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/**
 * Native libraries are loaded from the installation: a temporary directory may forbid execution, or not be writable at
 * all, and a process that is killed leaves nothing there. The JVM logs each library that it loads.
 */
class NativeLibrariesTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Path NATIVE = InstalledTidemark.home().resolve("native");

    @Test
    void walCommandsNeedNoTemporaryDirectory() throws Exception {
        try (TidemarkHost host = TidemarkHost.ofProcesses();
                PostgresServer server = archivingTo(host)) {
            Path unwritable = temporaryDirectory(host, "r-xr-xr-x");
            String options = javaOptions(host, unwritable, "library-push");
            archiveBy(server, "env '" + options.replace("%p", "%%p") + "' " + host.archiveCommand());
            String segment = server.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
            server.archiveCurrentSegment(LIMIT);
            assertThat(lz4Libraries(host, "library-push")).containsOnly(NATIVE.resolve("liblz4-java.so"));

            Path target = server.dataDirectory().resolve("pg_wal/fetched");
            Process fetch = start(
                    host,
                    server.dataDirectory(),
                    javaOptions(host, unwritable, "library-fetch"),
                    "wal-fetch",
                    segment,
                    target.toString());
            assertThat(fetch.waitFor()).isZero();
            assertThat(target).exists();
            assertThat(lz4Libraries(host, "library-fetch")).containsOnly(NATIVE.resolve("liblz4-java.so"));
        }
    }

    @Test
    void aKilledBackupLeavesNothingInTheTemporaryDirectory() throws Exception {
        try (TidemarkHost host = TidemarkHost.ofProcesses();
                PostgresServer server = archivingTo(host)) {
            archiveBy(server, host.archiveCommand());
            host.configure(configuration(host, server) + "bandwidth-limit = '200KiB'\n");
            Path temporary = temporaryDirectory(host, "rwx------");
            Process backup = start(host, host.directory(), javaOptions(host, temporary, "library-backup"), "backup");
            await("the backup compresses")
                    .atMost(LIMIT)
                    .until(() -> !backup.isAlive()
                            || !lz4Libraries(host, "library-backup").isEmpty());
            assertThat(backup.isAlive()).isTrue();
            backup.destroyForcibly().waitFor();

            assertThat(temporary).isEmptyDirectory();
            assertThat(lz4Libraries(host, "library-backup")).containsOnly(NATIVE.resolve("liblz4-java.so"));
        }
    }

    private static PostgresServer archivingTo(TidemarkHost host) throws Exception {
        PostgresServer server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                .initdb("--wal-segsize=1")
                .archiving("false")
                .start();
        host.configure(configuration(host, server));
        host.must("init");
        return server;
    }

    private static String configuration(TidemarkHost host, PostgresServer server) {
        return "[cluster.main]\nconninfo = '" + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory()
                + "'\n[repository.local]\nurl = 'file://" + host.directory().resolve("repository")
                + "'\ncompression = 'lz4'\n";
    }

    private static void archiveBy(PostgresServer server, String command) {
        server.sql(
                "ALTER SYSTEM SET archive_command = '" + command.replace("'", "''") + "'", "SELECT pg_reload_conf()");
    }

    private static Path temporaryDirectory(TidemarkHost host, String permissions) throws IOException {
        Path directory = Files.createDirectory(host.directory().resolve("temporary"));
        OperatingUser.current().own(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
        return directory;
    }

    /** The JVM replaces %p by its process id. */
    private static String javaOptions(TidemarkHost host, Path temporary, String log) {
        return "TIDEMARK_JAVA_OPTIONS=-Djava.io.tmpdir=" + temporary + " -Xlog:library=info:file="
                + host.directory().resolve(log) + "-%p.log";
    }

    /** Starts a command as a process without a launcher around it that would survive it. */
    private static Process start(TidemarkHost host, Path directory, String options, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(
                List.of("env", options, InstalledTidemark.launcher().toString()));
        command.addAll(Arrays.asList(arguments));
        command.addAll(List.of("--config", host.config().toString()));
        ProcessBuilder builder = new ProcessBuilder(OperatingUser.current().command(command))
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("HOME", host.directory().toString());
        return builder.start();
    }

    /** Where processes whose log has this name loaded their native library for lz4 from. */
    private static List<Path> lz4Libraries(TidemarkHost host, String log) throws IOException {
        List<Path> libraries = new ArrayList<>();
        try (Stream<Path> files = Files.list(host.directory())) {
            for (Path file : files.filter(each -> each.getFileName().toString().startsWith(log))
                    .toList()) {
                for (String line : Files.readAllLines(file)) {
                    int start = line.indexOf("Loaded library ");
                    if (start >= 0 && line.contains("liblz4-java")) {
                        String path = line.substring(start + "Loaded library ".length());
                        libraries.add(Path.of(path.substring(0, path.indexOf(','))));
                    }
                }
            }
        }
        return libraries;
    }
}
