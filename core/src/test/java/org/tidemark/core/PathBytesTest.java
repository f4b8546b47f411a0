// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PathBytesTest {
    /**
     * Of each kind that UTF-8 tells apart: single bytes, beginnings of 2 to 4 bytes, the rest of them, none of these.
     */
    private static final int[] KINDS = {
        'a', 0x7F, 0x80, 0x9F, 0xA0, 0xA9, 0xBF, 0xC0, 0xC3, 0xE0, 0xE2, 0xED, 0xF0, 0xF4, 0xF5, 0xFF
    };

    @Test
    void bytesOfAnyKindComeBack() {
        for (int i = 0; i < 1 << 16; i++) {
            assertComesBack(new byte[] {(byte) (i >> 8), (byte) i});
            assertComesBack(fourOfKinds(i));
        }
    }

    /** All of them, with the numbers below 65,536. */
    private static byte[] fourOfKinds(int i) {
        return new byte[] {
            (byte) KINDS[i >> 12], (byte) KINDS[i >> 8 & 15], (byte) KINDS[i >> 4 & 15], (byte) KINDS[i & 15]
        };
    }

    private static void assertComesBack(byte[] bytes) {
        String path = PathBytes.decode(bytes);

        assertThat(PathBytes.encode(path)).isEqualTo(bytes);
        assertThat(PathBytes.isText(path)).isTrue();
        assertThat(PathBytes.isUtf8(path)).isEqualTo(new String(bytes, StandardCharsets.UTF_8).indexOf('\ufffd') < 0);
    }

    @Test
    void utf8StaysAsItIs() {
        String path = "base/5/é\ud83d\ude00\ufffd";

        assertThat(PathBytes.decode(path.getBytes(StandardCharsets.UTF_8))).isEqualTo(path);
        assertThat(PathBytes.encode(path)).isEqualTo(path.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aByteThatIsNotUtf8StandsAsALoneSurrogate() {
        assertThat(PathBytes.decode(new byte[] {'a', (byte) 0xFF, (byte) 0xC3, 'b'}))
                .isEqualTo("a\udcff\udcc3b");
        assertThat(PathBytes.isUtf8("a\udcff")).isFalse();
    }

    @Test
    void aPathOfAnyBytesComesBack() {
        for (int i = 0; i < 1 << 16; i++) {
            String text = "a/" + PathBytes.decode(fourOfKinds(i)) + "/b";

            Path path = PathBytes.path(text);

            assertThat(path.isAbsolute()).isFalse();
            assertThat(PathBytes.text(path)).isEqualTo(text);
            assertThat(PathBytes.path("/" + text)).isEqualTo(Path.of("/").resolve(path));
            assertThat(PathBytes.text(PathBytes.path("/" + text))).isEqualTo("/" + text);
        }
    }

    @Test
    void bytesThatAreNotUtf8ArePrintedAsDigits() {
        assertThat(PathBytes.printable("caf\udce9.txt")).isEqualTo("caf\\xe9.txt");
        assertThat(PathBytes.printable("é")).isEqualTo("é");
    }

    @Test
    void whatDecodeNeverGivesIsNoText() {
        for (String path : new String[] {"\ud83d", "\udc00", "\ude00", "a\udcc3\udca9"}) {
            assertThat(PathBytes.isText(path)).as(path).isFalse();
        }
    }
}
