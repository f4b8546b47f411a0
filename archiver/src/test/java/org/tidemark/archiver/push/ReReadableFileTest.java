// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.UserFacingException;

class ReReadableFileTest {
    @TempDir
    private Path directory;

    private static byte[] read(ReReadableFile file) throws IOException {
        try (InputStream in = file.open()) {
            return in.readAllBytes();
        }
    }

    @Test
    void givesTheSameBytesEachTime() throws Exception {
        Path path = Files.writeString(directory.resolve("file"), "segment");
        ReReadableFile file = new ReReadableFile(path, 7);

        assertThat(read(file)).asString().isEqualTo("segment");
        assertThat(read(file)).asString().isEqualTo("segment");
        try (InputStream in = file.open()) {
            assertThat(in.read()).isEqualTo('s');
        }
    }

    @Test
    void otherBytesLaterAreRefusedAtTheEnd() throws Exception {
        Path path = Files.writeString(directory.resolve("file"), "segment");
        ReReadableFile file = new ReReadableFile(path, 7);
        read(file);

        Files.writeString(path, "recycle");

        assertThatThrownBy(() -> read(file))
                .isInstanceOf(UserFacingException.class)
                .hasMessage("'" + path + "' changed while it was archived");
    }

    @Test
    void aPartOfItDecidesNothing() throws Exception {
        Path path = Files.writeString(directory.resolve("file"), "segment");
        ReReadableFile file = new ReReadableFile(path, 7);

        try (InputStream in = file.open()) {
            in.skipNBytes(5);
            assertThat(in.readAllBytes()).asString().isEqualTo("nt");
        }

        assertThat(read(file)).asString().isEqualTo("segment");
        assertThat(read(file)).asString().isEqualTo("segment");
    }
}
