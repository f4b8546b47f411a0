// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** One of two repositories is on a disk of four megabytes, mounted for the test: skipped where that is not allowed. */
class FullRepositoryTest {
    private static final System.Logger LOG = System.getLogger(FullRepositoryTest.class.getName());
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private static boolean run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor() == 0;
    }

    @Test
    void aFullDiskMissesNothingOnceItIsLarger() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oldestAndNewest().getLast())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            Path disk = Files.createDirectory(host.directory().resolve("disk"));
            boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=4m", "tidemark-test", disk.toString());
            if (!mounted) {
                LOG.log(System.Logger.Level.WARNING, "skipped: a tmpfs cannot be mounted here (it takes root)");
            }
            assumeTrue(mounted, "a tmpfs cannot be mounted here (it takes root)");
            try {
                story(host, server, disk);
            } finally {
                assertThat(run("umount", disk.toString())).as("unmounted").isTrue();
            }
        }
    }

    private static void story(TidemarkHost host, PostgresServer server, Path disk) throws Exception {
        Files.createDirectory(disk.resolve("full"));
        Files.createDirectory(host.directory().resolve("local"));
        host.configure("push-timeout = '20s'\n[repository.local]\nurl = '"
                + host.directory().resolve("local").toUri()
                + "'\ncompression = 'none'\n[repository.full]\nurl = '"
                + disk.resolve("full").toUri() + "'\ncompression = 'none'\n[cluster.main]\nconninfo = '"
                + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory()
                + "'\nacknowledge = 1\nrepositories = ['local', 'full']\n");
        OperatingUser.current().own(disk);
        host.must("init");
        server.sql("CREATE TABLE ticks (i integer)");
        String last = "";
        for (int i = 0; i < 8; i++) {
            server.sql("INSERT INTO ticks VALUES (" + i + ")");
            last = server.archiveCurrentSegment(LIMIT);
        }

        assertThat(kept(host)).isPositive();
        assertThat(host.run("sync").status()).isEqualTo(14);
        assertThat(run("mount", "-o", "remount,size=64m", disk.toString())).isTrue();
        host.must("sync");

        assertThat(kept(host)).isZero();
        host.must("verify", "--all", "--repository", "full");
        try (Stream<Path> files = Files.walk(disk)) {
            String newest = last;
            assertThat(files.filter(file -> file.endsWith(newest))).hasSize(1);
        }
    }

    private static long kept(TidemarkHost host) throws Exception {
        Path pending = host.directory().resolve("spool/v1/pending");
        if (!Files.isDirectory(pending)) {
            return 0;
        }
        try (Stream<Path> files = Files.walk(pending)) {
            return files.filter(Files::isRegularFile).count();
        }
    }
}
