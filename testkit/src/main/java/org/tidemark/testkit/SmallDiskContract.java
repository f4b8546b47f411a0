// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;

/** A disk of one megabyte in memory, mounted for the test: skipped where that is not allowed. */
public abstract class SmallDiskContract extends DirectoryContract {
    private static final System.Logger LOG = System.getLogger(SmallDiskContract.class.getName());

    private Path root = Path.of("/nowhere");
    private boolean mounted;

    protected SmallDiskContract(DirectoryStores stores) {
        super(stores);
    }

    /** Where the disk is mounted, or was. */
    protected final Path root() {
        return root;
    }

    protected final ObjectStore mountedStore(String options) throws Exception {
        root = directory();
        mounted = run("mount", "-t", "tmpfs", "-o", options, "tidemark-test", root.toString());
        if (!mounted) {
            LOG.log(System.Logger.Level.WARNING, "skipped: a tmpfs cannot be mounted here (it takes root)");
        }
        assumeTrue(mounted, "a tmpfs cannot be mounted here");
        return open(root);
    }

    @AfterEach
    final void unmount() throws Exception {
        closeStores();
        if (mounted) {
            // What served the last connection may still be there.
            await("unmounted").atMost(Duration.ofMinutes(1)).until(() -> run("umount", root.toString()));
        }
    }

    @Test
    void aFullDiskIsToldAndLeavesNothingBehind() throws Exception {
        ObjectStore store = mountedStore("size=1m");
        put(store, "main/small", new byte[100_000]);

        assertThatThrownBy(() -> put(store, "main/big", new byte[3_000_000])).isInstanceOf(StorageFull.class);

        assertThat(keys(store, "")).containsExactly("main/small");
        try (Stream<Path> files = Files.list(root.resolve("main"))) {
            assertThat(files).hasSize(1);
        }
        put(store, "main/big", new byte[800_000]);
        assertThat(read(store, "main/big")).hasSize(800_000);
    }

    @Test
    void wantOfInodesIsToldAsWell() throws Exception {
        ObjectStore store = mountedStore("size=1m,nr_inodes=20");
        List<String> stored = new ArrayList<>();

        assertThatThrownBy(() -> {
                    for (int i = 0; i < 30; i++) {
                        put(store, "dir" + i + "/a", new byte[1]);
                        stored.add("dir" + i + "/a");
                    }
                })
                .isInstanceOf(StorageFull.class);

        assertThat(keys(store, "")).containsExactlyInAnyOrderElementsOf(stored);
    }

    @Test
    void aReadOnlyDiskCanBeReadAndDeniesTheRest() throws Exception {
        ObjectStore store = mountedStore("size=1m");
        put(store, "main/a", new byte[] {1});
        assertThat(run("mount", "-o", "remount,ro", root.toString())).isTrue();

        assertThatThrownBy(() -> put(store, "main/b", new byte[1])).isInstanceOf(StorageDenied.class);
        assertThatThrownBy(() -> store.delete(List.of(key("main/a")))).isInstanceOf(StorageDenied.class);
        assertThat(read(store, "main/a")).containsExactly(1);
        assertThat(store.stat(key("main/b"))).isEmpty();
    }

    @Test
    void aDirectoryThatIsGoneWithItsDiskIsNotAnAbsentObject() throws Exception {
        mountedStore("size=1m");
        Path below = root.resolve("repository");
        Files.createDirectory(below);
        ObjectStore store = open(below);
        put(store, "main/a", new byte[1]);
        unmountAlone();

        assertThatThrownBy(() -> store.stat(key("main/a")))
                .isInstanceOf(StorageUnavailable.class)
                .hasMessageContaining("is it mounted?");
    }

    /** Also where a connection has a file of it open. */
    protected final void unmountAlone() throws Exception {
        assertThat(run("umount", "-l", root.toString())).as("unmounted").isTrue();
        mounted = false;
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor(1, TimeUnit.MINUTES) && process.exitValue() == 0;
    }
}
