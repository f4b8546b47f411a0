// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;

class FileSystemErrorsTest {
    @TempDir
    Path root;

    private StorageException classified(Operation operation, IOException cause) {
        return new FileSystemErrors(root).of(operation, "main/a", cause);
    }

    private static IOException because(String reason) {
        return new FileSystemException("/some/file", null, reason);
    }

    @Test
    void wantOfRoomIsFullOnlyWhereSomethingIsWritten() {
        assertThat(classified(Operation.WRITE, new IOException("No space left on device")))
                .isInstanceOf(StorageFull.class);
        assertThat(classified(Operation.WRITE, because("Disk quota exceeded"))).isInstanceOf(StorageFull.class);
        assertThat(classified(Operation.READ, new IOException("No space left on device")))
                .isInstanceOf(StorageUnavailable.class);
    }

    @Test
    void aHintBelongsToItsCause() {
        assertThat(classified(Operation.WRITE, because("No space left on device"))
                        .hint())
                .hasValueSatisfying(hint -> assertThat(hint).contains("df -h " + root, "df -i"));
        assertThat(classified(Operation.NAME, because("Operation not supported"))
                        .hint())
                .hasValueSatisfying(hint -> assertThat(hint).contains("hard links"));
        assertThat(new FileSystemErrors(root).otherRoot().hint())
                .hasValueSatisfying(hint -> assertThat(hint).contains("findmnt"));
    }

    @Test
    void wantOfRightsIsDeniedAndNamesTheUser() {
        assertThat(classified(Operation.READ, new AccessDeniedException("/some/file")))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("main/a")
                .hasMessageContaining("file://" + root)
                .hasMessageContaining(System.getProperty("user.name"));
        assertThat(classified(Operation.WRITE, because("Read-only file system")))
                .isInstanceOf(StorageDenied.class);
    }

    @Test
    void aFileSystemWithoutHardLinksIsDeniedAndSaysWhatIsNeeded() {
        for (String reason : new String[] {"Operation not permitted", "Operation not supported"}) {
            assertThat(classified(Operation.NAME, because(reason)))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("hard link");
        }
    }

    @Test
    void behindTheLinkOnlyUnavailableIsTrue() {
        for (IOException cause :
                new IOException[] {because("No space left on device"), new AccessDeniedException("/some/file")}) {
            assertThat(classified(Operation.SYNC, cause))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("not known to be durable");
        }
    }

    @Test
    void everythingElseIsUnavailable() {
        assertThat(classified(Operation.WRITE, new IOException("Input/output error")))
                .isInstanceOf(StorageUnavailable.class);
        assertThat(classified(Operation.WRITE, new ClosedByInterruptException()))
                .isInstanceOf(StorageUnavailable.class)
                .hasMessageContaining("ClosedByInterruptException");
    }

    @Test
    void whatIsClassifiedStaysAsItIs() {
        ObjectMissing missing = new ObjectMissing(new ObjectKey("a"), "somewhere");

        assertThat(classified(Operation.READ, missing)).isSameAs(missing);
    }
}
