// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.Secret;
import org.tidemark.core.TimeLimits;

class StoreOptionsTest {
    private static final StoreOption PATH_STYLE = StoreOption.flag("path-style");
    private static final StoreOption CHECKSUMS = StoreOption.choice("checksums", "always", "when-required");
    private static final StoreOption PART_SIZE = StoreOption.size("part-size", 1, 1 << 30, "7KiB");

    @Test
    void whatIsNotGivenHasItsUsualValue() {
        StoreOptions none = options(Map.of());

        assertThat(none.flag(PATH_STYLE, true)).isTrue();
        assertThat(none.choice(CHECKSUMS)).isEqualTo("always");
        assertThat(none.size(PART_SIZE)).isEqualTo(7 << 10);
        assertThat(none.path("ca-file")).isEmpty();
        assertThat(none.timeLimits()).isEqualTo(TimeLimits.DEFAULTS);
    }

    @Test
    void whatIsGivenIsRead() {
        StoreOptions given = options(
                Map.of("path-style", "false", "checksums", "when-required", "part-size", "8MiB", "read-timeout", "3s"));

        assertThat(given.flag(PATH_STYLE, true)).isFalse();
        assertThat(given.choice(CHECKSUMS)).isEqualTo("when-required");
        assertThat(given.size(PART_SIZE)).isEqualTo(8 << 20);
        assertThat(given.timeLimits().read()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void whatIsWrongIsRefusedWithItsNameAndWhatWouldBeRight() {
        StoreOptions wrong = options(Map.of("flag", "yes", "size", "3", "time", "0s", "path", "here", "number", "x"));

        assertThatThrownBy(() -> wrong.flag(StoreOption.flag("flag"), true))
                .hasMessageContainingAll("'flag'", "'yes'", "true or false");
        assertThatThrownBy(() -> wrong.size(StoreOption.size("size", 1, 10, "1B")))
                .hasMessageContainingAll("'size'", "'3'", "MiB");
        assertThatThrownBy(() -> wrong.duration(StoreOption.duration("time"))).hasMessageContainingAll("'time'", "30s");
        assertThatThrownBy(() -> wrong.path("path")).hasMessageContainingAll("'path'", "absolute");
        assertThatThrownBy(() -> wrong.number(StoreOption.number("number", 1, 2)))
                .hasMessageContainingAll("'number'", "1 to 2");
        assertThatThrownBy(() -> wrong.choice(StoreOption.choice("flag", "a", "b")))
                .hasMessageContainingAll("'flag'", "[a, b]");
    }

    @Test
    void aSecretOfSeveralLinesComesWhole(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("key"), "{\n  \"of\": \"the file\"\n}\n");

        assertThat(options(Map.of("key-file", file.toString())).secretText("key"))
                .contains(new Secret("{\n  \"of\": \"the file\"\n}"));
        assertThat(options(Map.of("key-command", "echo of; echo the command")).secretText("key"))
                .contains(new Secret("of\nthe command"));
        assertThat(options(Map.of()).secretText("key")).isEmpty();
        assertThatThrownBy(() -> options(Map.of("key-command", "true")).secretText("key"))
                .hasMessageContainingAll("key-command", "printed nothing");
    }

    @Test
    void aSecretComesFromAFileACommandOrTheEnvironment(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("password"), "of the file\nand a second line\n");

        assertThat(options(Map.of("password-file", file.toString())).secret("password", "VARIABLE"))
                .contains(new Secret("of the file"));
        assertThat(options(Map.of("password-command", "echo of the command")).secret("password", "VARIABLE"))
                .contains(new Secret("of the command"));
        assertThat(options(Map.of()).secret("password", "VARIABLE")).contains(new Secret("of VARIABLE"));
        assertThat(new StoreOptions(Map.of(), name -> Optional.empty()).secret("password", "VARIABLE"))
                .isEmpty();
    }

    @Test
    void aSecretIsNeverPrinted() {
        assertThat(new Secret("horse").toString()).doesNotContain("horse");
        assertThat(List.of(new Secret("horse")).toString()).doesNotContain("horse");
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo horse; exit 3", "true", "echo", "exec /no/such/program horse"})
    void aCommandThatFailsIsRefusedWithoutWhatItPrinted(String command) {
        assertThatThrownBy(() -> options(Map.of("password-command", command)).secret("password", "VARIABLE"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("password-command")
                .message()
                .doesNotContain("horse");
    }

    @Test
    void aSecretCannotComeFromTwoPlaces(@TempDir Path directory) {
        Map<String, String> both =
                Map.of("password-file", directory.resolve("x").toString(), "password-command", "echo x");

        assertThatThrownBy(() -> options(both).secret("password", "VARIABLE")).hasMessageContaining("both");
    }

    private static StoreOptions options(Map<String, String> options) {
        return new StoreOptions(options, name -> Optional.of("of " + name));
    }
}
