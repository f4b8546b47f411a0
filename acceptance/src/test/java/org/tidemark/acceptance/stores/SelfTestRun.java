// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.cli.Program;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.config.Environment;

/**
 * What {@code init --test} said of a store. Immutable.
 *
 * @param results by what each is about: its word, its message and its hint
 * @param text all that was printed
 */
record SelfTestRun(int status, Map<String, String> results, String text) {
    private static final int SUBJECT_AT = 9;
    private static final int MESSAGE_AT = 19;

    /** Runs it in this JVM. */
    static SelfTestRun of(StoreSite site, Path directory) throws IOException {
        return run(site, directory, "init", "--test");
    }

    /** Runs {@code init --test --hostile} in this JVM. */
    static SelfTestRun hostile(StoreSite site, Path directory) throws IOException {
        return run(site, directory, "init", "--test", "--hostile");
    }

    private static SelfTestRun run(StoreSite site, Path directory, String... command) throws IOException {
        // Where the libraries are of stores that have some of their own.
        System.setProperty("tidemark.home", InstalledTidemark.home().toString());
        Path config = Files.writeString(directory.resolve("tidemark.toml"), site.toml("tried"));
        Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-------"));
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (PrintStream stream = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            Environment environment = new Environment(
                    Map.of("PATH", String.valueOf(System.getenv("PATH"))),
                    directory,
                    directory.resolve("home"),
                    directory);
            int status = new Program(new CommandContext(environment, Clock.systemUTC(), stream, stream, false, false))
                    .run(Stream.concat(Stream.of(command), Stream.of("--config", config.toString()))
                            .toArray(String[]::new));
            String text = printed.toString(StandardCharsets.UTF_8);
            for (String secret : site.secrets()) {
                assertThat(text).doesNotContain(secret);
            }
            return new SelfTestRun(status, results(text), text);
        }
    }

    private static Map<String, String> results(String text) {
        Map<String, String> results = new LinkedHashMap<>();
        String subject = "";
        for (String line : text.lines().skip(1).toList()) {
            if (line.length() > MESSAGE_AT && !line.startsWith(" ")) {
                subject = line.substring(SUBJECT_AT, MESSAGE_AT).strip();
                results.put(subject, line.substring(0, SUBJECT_AT).strip() + " " + line.substring(MESSAGE_AT));
            } else {
                results.merge(subject, line.strip(), (before, more) -> before + "\n" + more);
            }
        }
        return results;
    }

    SelfTestRun canBeUsed() {
        assertThat(text).contains(" · can be used").doesNotContain("BROKEN", "UNKNOWN");
        assertThat(status).as(text).isZero();
        return this;
    }

    SelfTestRun cannotBeUsed() {
        assertThat(text).contains(" · CANNOT BE USED");
        assertThat(status).as(text).isEqualTo(1);
        return this;
    }

    SelfTestRun canDestroy() {
        assertThat(text).contains(" · an intruder on this host CAN DESTROY what is stored");
        assertThat(status).as(text).isEqualTo(1);
        return this;
    }

    SelfTestRun cannotDestroy() {
        assertThat(text)
                .contains(" · an intruder on this host cannot destroy what is stored\n")
                .doesNotContain("BROKEN", "UNKNOWN");
        assertThat(status).as(text).isZero();
        return this;
    }

    SelfTestRun canHide() {
        assertThat(text)
                .contains(" · an intruder on this host CAN HIDE what is stored")
                .doesNotContain("BROKEN");
        assertThat(status).as(text).isEqualTo(1);
        return this;
    }

    SelfTestRun cannotDestroyBeforeTheLockEnds() {
        assertThat(text).contains(" · an intruder on this host cannot destroy what is stored before its lock ends");
        assertThat(status).as(text).isZero();
        return this;
    }

    SelfTestRun doesNotKnow() {
        assertThat(text).contains(" · NOT KNOWN whether");
        assertThat(status).as(text).isEqualTo(1);
        return this;
    }

    SelfTestRun keeps(String... subjects) {
        for (String subject : subjects) {
            says(subject, "OK");
        }
        return this;
    }

    /** @param word with which the line of the subject begins, such as {@code MISSING} */
    SelfTestRun says(String subject, String word, String... parts) {
        assertThat(results).as(text).containsKey(subject);
        assertThat(results.get(subject)).as(subject).startsWith(word + " ");
        for (String part : parts) {
            assertThat(results.get(subject)).as(subject).contains(part);
        }
        return this;
    }

    SelfTestRun saysAnywhere(String... parts) {
        assertThat(text).contains(parts);
        return this;
    }

    SelfTestRun saysNothingOf(String... subjects) {
        assertThat(results).as(text).doesNotContainKeys(subjects);
        return this;
    }
}
