// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.Rounds;

class PathBytesTest {
    private final Random random = Rounds.random();

    @Test
    void bytesOfAnyKindComeBack() {
        for (int round = 0; round < Rounds.of(2_000, 100_000); round++) {
            byte[] bytes = new byte[random.nextInt(12)];
            random.nextBytes(bytes);
            if (random.nextBoolean()) {
                byte[] text = "é\ud83d\ude00a".getBytes(StandardCharsets.UTF_8);
                System.arraycopy(text, 0, bytes, 0, Math.min(text.length, bytes.length));
            }

            String path = PathBytes.decode(bytes);

            assertThat(PathBytes.encode(path)).isEqualTo(bytes);
            assertThat(PathBytes.isText(path)).isTrue();
            assertThat(PathBytes.isUtf8(path))
                    .isEqualTo(new String(bytes, StandardCharsets.UTF_8).indexOf('\ufffd') < 0
                            || new String(bytes, StandardCharsets.UTF_8).equals(path));
        }
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
        for (int round = 0; round < Rounds.of(2_000, 100_000); round++) {
            byte[] bytes = new byte[1 + random.nextInt(12)];
            random.nextBytes(bytes);
            String text = "a/" + PathBytes.decode(bytes).replace('\0', 'x').replace('/', 'x') + "/b";

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
