// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShellWordTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/var/lib/postgresql/18/main",
                "a b",
                "it's",
                "''",
                "$HOME `id` \\ \"x\" ; & | < > ( ) * ? ~ #",
                "two\nlines",
                "100%",
                "größer"
            })
    void aShellReadsTheTextAsItIs(String text) throws Exception {
        for (String word : List.of(ShellWord.quote(text), ShellWord.quoted(text))) {
            Process shell = new ProcessBuilder("/bin/sh", "-c", "printf '<%s>' " + word).start();

            byte[] printed = shell.getInputStream().readAllBytes();

            assertThat(new String(printed, StandardCharsets.UTF_8)).isEqualTo("<" + text + ">");
            assertThat(shell.waitFor()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"100%", "/backup/%p of today"})
    void aPercentSignIsDoubledForPostgreSql(String text) {
        assertThat(ShellWord.quoteForServer(text).replace("%%", "%")).isEqualTo(ShellWord.quote(text));
        assertThat(ShellWord.quoteForServer(text)).doesNotMatch(".*(?<!%)%(?!%).*");
    }
}
