// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

class StorageErrorsTest {
    @TempDir
    private Path directory;

    /** For many failures of files, the message of Java's exception is the path alone. */
    @Test
    void aLocalFileComesWithTheReason() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        Path missing = directory.resolve("missing");

        assertSays("'" + file + "': not a directory", () -> Files.newDirectoryStream(file));
        assertSays("'" + missing + "': there is no such file", () -> Files.size(missing));
        assertSays("'" + file + "': it exists already", () -> Files.createFile(file));
        // Root, who may run this test, is never denied anything.
        assertSays("'/x': permission denied", () -> {
            throw new AccessDeniedException("/x");
        });
        assertSays("/proc/self/none: Not a directory, indeed", () -> {
            throw new IOException("/proc/self/none: Not a directory, indeed");
        });
    }

    private static void assertSays(String message, ThrowingCallable fails) {
        UserFacingException told = StorageErrors.explain(catchThrowableOfType(IOException.class, fails));
        assertThat(told).hasMessage(message);
        assertThat(told.exitCode()).isEqualTo(ExitCode.LOCAL_FILES);
    }
}
