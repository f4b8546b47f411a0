// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.testkit.StoreAccess.put;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RightsTest {
    @TempDir
    Path classes;

    @TempDir
    Path results;

    @TempDir
    Path root;

    @BeforeEach
    void makeReachableForAnyUser() throws IOException {
        StoreProcess.copyClasses(classes);
        Files.setPosixFilePermissions(results, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"000", "022", "077", "0777"})
    void filesAndDirectoriesAreTheOwnersAloneWhateverTheUmask(String umask) throws Exception {
        List<String> shell = List.of("sh", "-c", "umask " + umask + " && exec \"$@\"", "sh");
        Path result = Files.createFile(results.resolve("result"));

        assertThat(StoreProcess.run(shell, classes, root, result, "put", "main/wal/a"))
                .isEqualTo("done");

        assertThat(mode("main")).isEqualTo("rwx------");
        assertThat(mode("main/wal")).isEqualTo("rwx------");
        assertThat(mode("main/wal/a")).isEqualTo("rw-------");
    }

    @Test
    void theGroupMayReadWhereThatIsConfigured() throws IOException {
        put(new FileSystemStore(new FileSystemConfig(root, FileSystemAccess.GROUP)), "main/a", new byte[1]);

        assertThat(mode("main")).isEqualTo("rwxr-x---");
        assertThat(mode("main/a")).isEqualTo("rw-r-----");
    }

    @ParameterizedTest
    @ValueSource(strings = {"put", "open", "stat", "list", "delete"})
    void aUserWithoutRightsIsDeniedAndNeverToldAbsent(String operation) throws Exception {
        put(new FileSystemStore(new FileSystemConfig(root, FileSystemAccess.PRIVATE)), "main/a", new byte[1]);
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(root.resolve("main"), PosixFilePermissions.fromString("---------"));

        String result =
                StoreProcess.run(asOrdinaryUser(), classes, root, results.resolve("result"), operation, "main/a");
        Files.setPosixFilePermissions(root.resolve("main"), PosixFilePermissions.fromString("rwx------"));

        assertThat(result).startsWith("StorageDenied: ").contains("permission denied for user", "mode 0000");
        assertThat(root.resolve("main/a")).exists();
    }

    @Test
    void aForeignDirectoryThatMayNotBeEnteredDoesNotHideWhatDeadWritersLeft() throws Exception {
        put(new FileSystemStore(new FileSystemConfig(root, FileSystemAccess.PRIVATE)), "main/a", new byte[1]);
        Files.createFile(root.resolve("main/.tmp-1a"));
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(root.resolve("main"), PosixFilePermissions.fromString("rwxr-xr-x"));
        // As mkfs leaves it on a disk that is mounted for the store alone.
        Path foreign = Files.createDirectory(root.resolve("lost+found"));
        Files.setPosixFilePermissions(foreign, PosixFilePermissions.fromString("---------"));

        String result =
                StoreProcess.run(asOrdinaryUser(), classes, root, results.resolve("result"), "unfinished", "none");
        Files.setPosixFilePermissions(foreign, PosixFilePermissions.fromString("rwx------"));

        assertThat(result).contains("main/.tmp-1a");
    }

    @Test
    void aRootThatCannotBeWrittenIsDeniedForPuts() throws Exception {
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("r-xr-xr-x"));

        String result = StoreProcess.run(asOrdinaryUser(), classes, root, results.resolve("result"), "put", "main/a");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));

        assertThat(result).startsWith("StorageDenied: ");
    }

    /** Root is never denied anything, so that a test run by root becomes nobody. */
    private static List<String> asOrdinaryUser() {
        return System.getProperty("user.name").equals("root")
                ? List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
                : List.of();
    }

    private String mode(String path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve(path)));
    }
}
