// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** A repository or the spool is on a small disk, mounted for the test: skipped where that is not allowed. */
@InTurn
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

    /** The host has no room for a name any more, and PostgreSQL's WAL is archived anyway. */
    @Test
    void aFullSpoolStopsNothingAndWhatIsNotQueuedIsToldAndFoundBySync() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oldestAndNewest().getLast())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            Path spool = Files.createDirectory(host.directory().resolve("spool"));
            boolean mounted =
                    run("mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=40", "tidemark-test", spool.toString());
            if (!mounted) {
                LOG.log(System.Logger.Level.WARNING, "skipped: a tmpfs cannot be mounted here (it takes root)");
            }
            assumeTrue(mounted, "a tmpfs cannot be mounted here (it takes root)");
            try {
                spoolStory(host, server, spool);
            } finally {
                assertThat(run("umount", spool.toString())).as("unmounted").isTrue();
            }
        }
    }

    private static void spoolStory(TidemarkHost host, PostgresServer server, Path spool) throws Exception {
        Path offsite = Files.createDirectory(host.directory().resolve("offsite"));
        Path local = Files.createDirectory(host.directory().resolve("local"));
        host.configure("push-timeout = '20s'\n[repository.local]\nurl = '" + local.toUri()
                + "'\n[repository.offsite]\nurl = '" + offsite.toUri() + "'\n[cluster.main]\nconninfo = '"
                + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory()
                + "'\nacknowledge = 1\nrepositories = ['local', 'offsite']\n");
        OperatingUser.current().own(spool);
        host.must("init");
        server.sql("CREATE TABLE ticks (i integer)");
        archive(server);
        Files.move(offsite, host.directory().resolve("away"));
        archive(server);
        assertThat(run("dd", "if=/dev/zero", "of=" + spool.resolve("fill")))
                .as("dd fails, when the disk is full")
                .isFalse();
        archive(server);
        archive(server);
        assertThat(kept(host)).as("a name needs no block").isEqualTo(3);
        int inodes = 0;
        while (run("touch", spool.resolve("inode" + inodes).toString())) {
            inodes++;
        }

        archive(server);
        String last = archive(server);

        assertThat(kept(host)).isEqualTo(3);
        assertThat(server.log()).contains("'" + last + "' is not in 'offsite'", "and is not queued for it");
        Files.move(host.directory().resolve("away"), offsite);
        assertThat(host.run("check").data()).contains("'" + last + "'", "'offsite' does not have it");
        host.must("sync");
        assertThat(kept(host)).isZero();
        assertThat(segments(offsite)).isEqualTo(segments(local)).hasSizeGreaterThanOrEqualTo(6);
        host.must("verify", "--all", "--repository", "offsite");
    }

    private static String archive(PostgresServer server) throws Exception {
        server.sql("INSERT INTO ticks VALUES (1)");
        return server.archiveCurrentSegment(LIMIT);
    }

    private static Set<String> segments(Path repository) throws Exception {
        try (Stream<Path> files = Files.walk(repository)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.matches("[0-9A-F]{24}"))
                    .collect(Collectors.toSet());
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
