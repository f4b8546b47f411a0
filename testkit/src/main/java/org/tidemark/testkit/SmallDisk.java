// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A disk in memory that belongs to the operating user, mounted until it is closed. The test is skipped where mounting
 * is not allowed. Not thread-safe.
 */
public final class SmallDisk implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(SmallDisk.class.getName());
    private static final String FILLING = "fills-the-disk";

    private final Path directory;

    private SmallDisk(Path directory) {
        this.directory = directory;
    }

    /**
     * Mounts one.
     *
     * @param directory where; made if it is missing
     * @param options of a tmpfs, {@code size=8m,nr_inodes=100}
     */
    public static SmallDisk mount(Path directory, String options) throws IOException {
        Files.createDirectories(directory);
        boolean mounted =
                Commands.status(List.of("mount", "-t", "tmpfs", "-o", options, "tidemark-test", directory.toString()))
                        == 0;
        if (!mounted) {
            LOG.log(System.Logger.Level.WARNING, "skipped: a tmpfs cannot be mounted here (it takes root)");
        }
        assumeTrue(mounted, "a tmpfs cannot be mounted here (it takes root)");
        OperatingUser.current().own(directory);
        return new SmallDisk(directory);
    }

    /** Takes every block that is free; names can still be made. */
    public void fill() {
        Path file = directory.resolve(FILLING);
        assertThat(Commands.status(List.of("dd", "if=/dev/zero", "of=" + file, "bs=4k")))
                .as("dd fails, when the disk is full")
                .isNotZero();
    }

    /** Takes every inode that is free: blocks are left. */
    public void takeInodes() throws IOException {
        try {
            for (int i = 0; ; i++) {
                Files.createFile(directory.resolve(FILLING + "-" + i));
            }
        } catch (FileSystemException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    /** Takes back what {@link #fill} did. */
    public void makeRoom() throws IOException {
        Files.delete(directory.resolve(FILLING));
    }

    /** From now on nothing can be written there, as after an error of the disk. */
    public void makeReadOnly() {
        remount("ro");
    }

    public void makeWritable() {
        remount("rw");
    }

    private void remount(String option) {
        assertThat(Commands.status(List.of("mount", "-o", "remount," + option, directory.toString())))
                .as("remounted " + option)
                .isZero();
    }

    @Override
    public void close() {
        await("unmounted")
                .atMost(Duration.ofMinutes(1))
                .until(() -> Commands.status(List.of("umount", directory.toString())) == 0);
    }
}
