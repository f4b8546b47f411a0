// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.testkit.RequiredServer;

/** What a power cut leaves depends on the order of system calls, so that order is read from the kernel. */
class SystemCallsTest {
    private static final System.Logger LOG = System.getLogger(SystemCallsTest.class.getName());

    /** The call, and the last path in its line: that of the file descriptor, or the new name. */
    private static final Pattern CALL = Pattern.compile("^\\d+ +(mkdir|link|unlink|rmdir|fsync)(?:at)?\\((.*)$");

    @TempDir
    Path directory;

    private Path root = Path.of("/nowhere");
    private Path classes = Path.of("/nowhere");

    @BeforeEach
    void prepare() throws IOException {
        root = Files.createDirectory(directory.resolve("root")).toRealPath();
        classes = Files.createDirectory(directory.resolve("classes"));
        StoreProcess.copyClasses(classes);
    }

    @Test
    void bytesAreSyncedBeforeTheirNameAppearsAndDirectoriesBeforeSuccessIsTold() throws Exception {
        assertThat(traced("put", "main/wal/a"))
                .containsExactly(
                        "mkdir main",
                        "mkdir main/wal",
                        "fsync main/wal/.tmp",
                        "link main/wal/a",
                        "unlink main/wal/.tmp",
                        "fsync main/wal",
                        "fsync main",
                        "fsync .");
    }

    @Test
    void directoriesThatAreThereAreSyncedOnceMoreSinceWhoMadeThemMayHaveDied() throws Exception {
        traced("put", "main/wal/a");

        assertThat(traced("put", "main/wal/b"))
                .containsExactly(
                        "fsync main/wal/.tmp",
                        "link main/wal/b",
                        "unlink main/wal/.tmp",
                        "fsync main/wal",
                        "fsync main",
                        "fsync .");
    }

    @Test
    void directoriesThatHaveNotChangedSinceTheyWereSyncedAreNotSyncedAgain() throws Exception {
        Path memory = directory.resolve("memory");
        traced("put", "main/wal/a", memory);
        assertThat(traced("put", "main/wal/b", memory)).as("once more").contains("fsync main", "fsync .");
        TimeUnit.MILLISECONDS.sleep(1100);
        traced("put", "main/wal/c", memory);

        assertThat(traced("put", "main/wal/d", memory))
                .containsExactly("fsync main/wal/.tmp", "link main/wal/d", "unlink main/wal/.tmp", "fsync main/wal");
        assertThat(traced("put", "main/wal/d", memory))
                .as("the same again")
                .containsExactly("fsync main/wal/d", "fsync main/wal");

        Files.createDirectory(root.resolve("main/log"));
        assertThat(traced("put", "main/log/a", memory))
                .as("whoever made this directory may have died")
                .endsWith("fsync main/log", "fsync main");
        Files.writeString(memory, "of another boot" + Files.readString(memory).substring(15));
        assertThat(traced("put", "main/wal/e", memory)).contains("fsync main", "fsync .");
    }

    /** The root may be a symbolic link; it is what the link leads to that changes. */
    @Test
    void aChangeOfTheDirectoryBehindALinkIsSynced() throws Exception {
        Path memory = directory.resolve("memory");
        Path real = root;
        root = Files.createSymbolicLink(directory.resolve("link"), real);
        traced("put", "main/a", memory);
        TimeUnit.MILLISECONDS.sleep(1100);
        traced("put", "main/b", memory);
        assertThat(Files.readString(memory)).contains("settled:");

        Files.createDirectory(real.resolve("other"));

        root = real;
        assertThat(traced(directory.resolve("link"), "put", "other/a", memory)).contains("fsync other", "fsync .");
    }

    @Test
    void anObjectThatExistsIsSyncedBeforeThatIsTold() throws Exception {
        traced("put", "main/wal/a");

        assertThat(traced("put", "main/wal/a"))
                .containsExactly("fsync main/wal/a", "fsync main/wal", "fsync main", "fsync .");
    }

    @Test
    void aDeletionIsSyncedBeforeSuccessIsTold() throws Exception {
        traced("put", "main/a");

        assertThat(traced("delete", "main/a")).containsExactly("unlink main/a", "fsync main", "rmdir main", "fsync .");
    }

    /** A disk without a journal gives the number of a directory that was removed to the next one at once. */
    @Test
    void aDirectoryThatIsMadeAnewIsSyncedAnewThoughItHasTheNumberOfTheFormerOne() throws Exception {
        Path image = directory.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(8 * 1024 * 1024);
        }
        assumeTrue(
                run("mkfs.ext4", "-q", "-O", "^has_journal", image.toString())
                        && run("mount", "-o", "loop", image.toString(), root.toString()),
                "a disk of its own cannot be mounted here (it takes root and mkfs.ext4)");
        try {
            assertThat(traced("put again", "main/a"))
                    .containsSubsequence("rmdir main", "mkdir main", "link main/a", "fsync main", "fsync .");
        } finally {
            assertThat(run("umount", root.toString())).as("unmounted").isTrue();
        }
    }

    private static boolean run(String... command) throws InterruptedException {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getInputStream().readAllBytes();
            if (process.waitFor() == 0) {
                return true;
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, command[0], e);
        }
        LOG.log(System.Logger.Level.WARNING, "skipped: ''{0}'' cannot be run here", String.join(" ", command));
        return false;
    }

    private List<String> traced(String operation, String key, Path... memory) throws Exception {
        return traced(root, operation, key, memory);
    }

    private List<String> traced(Path store, String operation, String key, Path... memory) throws Exception {
        RequiredServer.program("strace", "apt-get install strace");
        assumeTrue(run("strace", "-o", "/dev/null", "true"), "strace may not trace here");
        Path trace = directory.resolve("trace");
        List<String> strace = List.of(
                "strace",
                "-f",
                "-y",
                "-o",
                trace.toString(),
                "-e",
                "trace=?mkdir,?mkdirat,?link,?linkat,?unlink,?unlinkat,?rmdir,fsync");
        StoreProcess.run(strace, classes, store, directory.resolve("result"), operation, key, memory);
        List<String> calls = new ArrayList<>();
        for (String line : Files.readAllLines(trace)) {
            Matcher call = CALL.matcher(line);
            if (call.find() && call.group(2).contains(root.toString())) {
                // Some processors have no call rmdir.
                String name = call.group(2).contains("AT_REMOVEDIR") ? "rmdir" : call.group(1);
                calls.add(name + " " + pathBelowRoot(call.group(2)));
            }
        }
        return calls;
    }

    private String pathBelowRoot(String arguments) {
        String path = arguments.substring(
                arguments.lastIndexOf(root.toString()) + root.toString().length());
        String name = path.split("[\">]", -1)[0];
        return name.isEmpty() ? "." : name.substring(1).replaceFirst("\\.tmp-[0-9a-f]+$", ".tmp");
    }
}
