// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tidemark.testkit.OperatingUser;

/** Files of {@code examples/}, with the directories, addresses and ports of a test in the place of their own. */
final class ExampleFile {
    private static final Path EXAMPLES =
            Path.of(System.getProperty("tidemark.root", "..")).toAbsolutePath().resolve("examples");

    private ExampleFile() {}

    static Path path(String file) {
        return EXAMPLES.resolve(file);
    }

    /** The text of a file. Everything that is to be replaced must be there. */
    static String text(String file, Map<String, String> replacements) throws IOException {
        String text = Files.readString(path(file));
        replacements.keySet().forEach(each -> assertThat(text).as(file).contains(each));
        return replaced(text, replacements);
    }

    /** All at once: what stands for one text may contain another one. */
    static String replaced(String text, Map<String, String> replacements) {
        Pattern any = Pattern.compile(replacements.keySet().stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .map(Pattern::quote)
                .collect(Collectors.joining("|")));
        return any.matcher(text)
                .replaceAll(found -> Matcher.quoteReplacement(Objects.requireNonNull(replacements.get(found.group()))));
    }

    /** Writes a file of the operating user that nobody else may write. */
    static void write(Path file, String text) throws IOException {
        Files.writeString(file, text);
        if (text.startsWith("#!") && !file.toFile().setExecutable(true)) {
            throw new IOException("cannot make '" + file + "' executable");
        }
        OperatingUser.current().own(file);
    }
}
