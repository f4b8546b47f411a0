// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.RequiredServer;

/** What the server really does to its disk, in which order: seen by strace. */
@InTurn
class SystemCallsTest {
    private static final System.Logger LOG = System.getLogger(SystemCallsTest.class.getName());
    private static final Pattern CALL = Pattern.compile("(?:\\d+ +)?(\\w+?)(?:at)?\\((.*)\\) += 0");

    @TempDir
    Path directory;

    private interface Operation {
        void on(ObjectStore store) throws IOException;
    }

    @Test
    void bytesAreSyncedBeforeTheirNameAppearsAndDirectoriesBeforeSuccessIsTold() throws Exception {
        assertThat(traced(store -> put(store, "main/wal/a", new byte[10])))
                .containsExactly(
                        "mkdir main",
                        "mkdir main/wal",
                        "fsync main/wal/.tmp",
                        "link main/wal/a",
                        "unlink main/wal/.tmp",
                        "fsync .",
                        "fsync main",
                        "fsync main/wal");
    }

    @Test
    void anObjectThatExistsIsSyncedBeforeThatIsTold() throws Exception {
        assertThat(traced(store -> {
                    put(store, "a", new byte[10]);
                    assertThatThrownBy(() -> put(store, "a", new byte[10])).isInstanceOf(ObjectExists.class);
                }))
                .endsWith("fsync .", "fsync a", "fsync .");
    }

    @Test
    void aDeletionIsSyncedBeforeSuccessIsTold() throws Exception {
        assertThat(traced(store -> {
                    put(store, "main/a", new byte[10]);
                    store.delete(List.of(key("main/a")));
                }))
                .endsWith("unlink main/a", "fsync main", "fsync .", "rmdir main");
    }

    @Test
    void aDirectoryWhoseSyncFailsIsDurableOnlyWhereThatIsNotAskedFor() throws Exception {
        assumeTrue(canTrace(), "strace may not trace here");
        // Of each connection: the first sync is that of the bytes, and those after it are of three directories.
        List<String> strace = List.of(
                "strace", "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=2..4");
        try (OpenSshServer server = OpenSshServer.start(Serves.SFTP, List.of(), strace)) {
            Path root = server.newDirectory();
            try (ObjectStore store = ServedStore.open(server, root, Map.of())) {
                assertThatThrownBy(() -> put(store, "main/wal/a", new byte[10]))
                        .isInstanceOf(StorageUnavailable.class)
                        .hasMessageContaining("not known to be durable");
            }
            try (ObjectStore store = ServedStore.open(server, root, Map.of("fsync", "if-offered"))) {
                put(store, "main/wal/b", new byte[10]);
            }
        }
    }

    private List<String> traced(Operation operation) throws Exception {
        assumeTrue(canTrace(), "strace may not trace here");
        Path trace = directory.resolve("trace");
        List<String> strace = List.of(
                "strace",
                "-f",
                "-y",
                // Of signals and ends nothing: such a line of another process would cut a call in two.
                "-qq",
                "-e",
                "signal=none",
                "-o",
                trace.toString(),
                "-e",
                "trace=?mkdir,?mkdirat,?link,?linkat,?unlink,?unlinkat,?rmdir,fsync");
        Path root;
        try (OpenSshServer server = OpenSshServer.start(Serves.SFTP, List.of(), strace)) {
            root = server.newDirectory();
            try (ObjectStore store = ServedStore.open(server, root, Map.of())) {
                operation.on(store);
            }
        }
        List<String> calls = new ArrayList<>();
        for (String line : Files.readAllLines(trace)) {
            Matcher call = CALL.matcher(line);
            if (call.find() && call.group(2).contains(root.toString())) {
                String name = call.group(2).contains("AT_REMOVEDIR") ? "rmdir" : call.group(1);
                calls.add(name + " " + pathBelow(root, call.group(2)));
            }
        }
        return calls;
    }

    private static String pathBelow(Path root, String arguments) {
        String path = arguments.substring(
                arguments.lastIndexOf(root.toString()) + root.toString().length());
        String name = path.split("[\">]", -1)[0];
        return name.isEmpty() ? "." : name.substring(1).replaceFirst("\\.tmp-[0-9a-f]+$", ".tmp");
    }

    private static boolean canTrace() throws InterruptedException {
        RequiredServer.program("strace", "apt-get install strace");
        try {
            Process process = new ProcessBuilder("strace", "-o", "/dev/null", "true")
                    .redirectErrorStream(true)
                    .start();
            process.getInputStream().readAllBytes();
            if (process.waitFor() == 0) {
                return true;
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "strace", e);
        }
        LOG.log(System.Logger.Level.WARNING, "skipped: strace is not there, or may not trace");
        return false;
    }
}
