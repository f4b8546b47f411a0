// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Samples;
import org.tidemark.testkit.Rounds;

class ZstdCodecTest extends CodecContract {
    @Override
    Codec codec() {
        return Codec.parse("zstd");
    }

    @Test
    void aFrameThatAsksForTooMuchMemoryIsRefused() throws IOException {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        try (ZstdOutputStreamNoFinalizer out = new ZstdOutputStreamNoFinalizer(frame, 3).setWindowLog(24)) {
            out.write(Samples.compressible(Rounds.random(), 100_000));
        }

        assertThatThrownBy(() -> decompress(frame.toByteArray()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("memory");
    }

    @Test
    void theHighestLevelCanBeReadAgain() throws IOException {
        byte[] data = Samples.compressible(Rounds.random(), 1 << 20);
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        try (OutputStream out = Codec.parse("zstd:19").compress(frame)) {
            out.write(data);
        }

        assertThat(decompress(frame.toByteArray())).isEqualTo(data);
    }
}
