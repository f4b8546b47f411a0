// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.StoreRootContract;

class FileSystemRootTest extends StoreRootContract {
    FileSystemRootTest() {
        super(new LocalDirectories());
    }

    @Test
    void aRootBelowADiskThatWasUnmountedIsNotTheStore() throws IOException {
        Path directory = directory();
        Path root = Files.createDirectory(directory.resolve("root"));
        ObjectStore store = open(root);
        put(store, "main/a", new byte[100]);

        Files.move(root, directory.resolve("elsewhere"));
        Files.createDirectory(root);

        assertNothingCanBeTold(store);
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void aRootThatIsUnmountedWhileAnObjectIsWrittenHasNotTakenIt() throws IOException {
        Path directory = directory();
        Path root = Files.createDirectory(directory.resolve("root"));
        ObjectStore store = open(root);
        ObjectSource unmounting = new ObjectSource() {
            @Override
            public long sizeBytes() {
                return 1;
            }

            @Override
            public InputStream open() throws IOException {
                Files.move(root, directory.resolve("elsewhere"));
                Files.createDirectory(root);
                for (Path part : List.of(Path.of("main"), Path.of("main/wal"))) {
                    Files.createDirectory(root.resolve(part));
                }
                // The temporary file stands there as well, as if the first directory had been made after the
                // unmounting.
                try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.resolve("elsewhere/main/wal"))) {
                    for (Path file : files) {
                        Files.createLink(root.resolve("main/wal").resolve(file.getFileName()), file);
                    }
                }
                return new ByteArrayInputStream(new byte[1]);
            }
        };

        assertThatThrownBy(() -> store.putIfAbsent(key("main/wal/a"), unmounting))
                .isInstanceOf(StorageUnavailable.class)
                .hasMessageContaining("not the same directory");
    }
}
