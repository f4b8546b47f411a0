// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.MemoryStore;
import org.tidemark.testkit.Rounds;

/** On small disks in memory. */
class WorkRoomTest {
    private static final System.Logger LOG = System.getLogger(WorkRoomTest.class.getName());

    @TempDir
    private Path directory;

    private boolean mounted;

    private SyntheticCluster clusterOn(String size) throws IOException, InterruptedException {
        mounted = run("mount", "-t", "tmpfs", "-o", "size=" + size, "tidemark-test", directory.toString());
        if (!mounted) {
            LOG.log(System.Logger.Level.WARNING, "skipped: a tmpfs cannot be mounted here (it takes root)");
        }
        assumeTrue(mounted, "a tmpfs cannot be mounted here (it takes root)");
        return new SyntheticCluster(Files.createDirectory(directory.resolve("work")), Rounds.random());
    }

    @AfterEach
    void unmount() throws IOException, InterruptedException {
        if (mounted) {
            assertThat(run("umount", directory.toString())).as("unmounted").isTrue();
        }
    }

    @Test
    void aDiskWithoutRoomIsLeftAsItIs() throws Exception {
        SyntheticCluster cluster = clusterOn("200m");

        assertRefused(cluster);
    }

    @Test
    void aDiskThatSomebodyElseFillsMeanwhileIsNotFilledUp() throws Exception {
        SyntheticCluster cluster = clusterOn("400m");
        Path other = directory.resolve("other");
        cluster.listener = new SyntheticCluster.Silent() {
            @Override
            public void phase(BackupId id, Phase phase) {
                if (phase == Phase.COPYING) {
                    fill(other);
                }
            }
        };

        assertRefused(cluster);
        Files.delete(other);
        cluster.listener = SyntheticCluster.SILENT;
        MemoryStore store = new MemoryStore(Clock.systemUTC());
        cluster.prepare(store);
        cluster.backup(store);
    }

    private static void fill(Path file) {
        try {
            Files.write(file, new byte[200 << 20]);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void assertRefused(SyntheticCluster cluster) throws IOException {
        MemoryStore store = new MemoryStore(Clock.systemUTC());
        cluster.prepare(store);
        assertThatThrownBy(() -> cluster.backup(store)).isInstanceOfSatisfying(UserFacingException.class, e -> {
            assertThat(e.exitCode()).isEqualTo(ExitCode.LOCAL_FILES);
            assertThat(e)
                    .hasMessageStartingWith("'" + directory.resolve("work") + "' has ")
                    .hasMessageContaining("256 MiB");
            assertThat(e.hint()).contains("host.work-directory");
        });
        assertThat(directory.resolve("work")).isEmptyDirectory();
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).start().waitFor() == 0;
    }
}
