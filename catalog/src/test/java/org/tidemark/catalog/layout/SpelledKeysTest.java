// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.layout.IncarnationKeys.Folder;

/** A key that is spelled in two places is changed in one of them: only this package spells keys. */
class SpelledKeysTest {
    private static final Path ROOT =
            Path.of(System.getProperty("tidemark.root", "..")).toAbsolutePath().normalize();
    private static final String LAYOUT = "/org/tidemark/catalog/layout/";

    /** A text of a program that begins as a folder's part of a key does, or is a document's name. */
    private static final Pattern SPELLED = Pattern.compile("\"/?(?:(?:"
            + Stream.of(Folder.values()).map(Folder::toString).collect(Collectors.joining("|"))
            + "|bundle|manifest|check)/|[^\" ]*(?:tidemark|cluster|intent|backup)\\.json\")");

    @Test
    void keysAreSpelledInThisPackageAlone() throws IOException {
        assertThat(files().filter(file -> !isLayout(file)).flatMap(SpelledKeysTest::spelled))
                .isEmpty();
    }

    /** Otherwise the other test could look for the wrong thing. */
    @Test
    void thisPackageSpellsEveryFolderAndDocument() throws IOException {
        List<String> spelled = files().filter(SpelledKeysTest::isLayout)
                .flatMap(SpelledKeysTest::spelled)
                .map(line -> line.substring(line.indexOf('"')))
                .toList();

        assertThat(spelled).hasSizeGreaterThan(Folder.values().length);
        for (Folder folder : Folder.values()) {
            assertThat(spelled).anyMatch(text -> text.startsWith("\"" + folder + "/"));
        }
        assertThat(spelled).contains("\"tidemark.json\"", "\"cluster.json\"", "\"check/");
    }

    private static boolean isLayout(Path file) {
        return file.toString().contains(LAYOUT);
    }

    private static Stream<String> spelled(Path file) {
        try {
            return SPELLED.matcher(Files.readString(file))
                    .results()
                    .map(found -> ROOT.relativize(file) + ": " + found.group());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Main code; a test spells keys by itself, so that it notices when one changes, and so does its kit. */
    private static Stream<Path> files() throws IOException {
        try (Stream<Path> files = Files.find(
                ROOT,
                20,
                (file, attributes) -> attributes.isRegularFile()
                        && file.toString().endsWith(".java")
                        && file.toString().contains("/src/main/")
                        && !file.startsWith(ROOT.resolve("testkit")))) {
            List<Path> found = files.toList();
            assertThat(found).hasSizeGreaterThan(500);
            return found.stream();
        }
    }
}
