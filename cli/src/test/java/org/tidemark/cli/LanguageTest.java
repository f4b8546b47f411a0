// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Keeps words that confuse readers out of messages, pages and the comments of finished source roots. To a DBA, "behind"
 * means replication lag. Records of decisions (docs/adr) are not rewritten, so this test does not read them.
 */
class LanguageTest {
    private static final Path ROOT =
            Path.of(System.getProperty("tidemark.root", "..")).toAbsolutePath().normalize();

    /** What is left behind is left over: that alone is English for every reader. */
    private static final Pattern BANNED = Pattern.compile(
            "(?<!left )(?<!nothing )(?<!backup )\\bbehind\\b|\\bwhoever\\b|\\bfarewell\\b|\\banew\\b|\\bcatalogues?\\b"
                    + "|\\bas yet\\b|\\bbelongs? into\\b|(?<!there )\\bis none\\b|\\blate repositor",
            Pattern.CASE_INSENSITIVE);

    /** A store may tell a lie; a file is in a directory. */
    private static final Pattern BANNED_IN_COMMENTS = Pattern.compile(
            BANNED.pattern() + "|(?<!readable )\\blies?\\b|\\bfor ever\\b|\\ball the same\\b|\\bgiven up\\b",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern BARE_TIME = Pattern.compile(
            "\\+\\s*(?:\\w+(?:\\(\\))?\\.)+(?:ended|started|stored|lastStored|firstStored)\\(\\)(?!\\s*\\.)");

    private static final Pattern LITERAL =
            Pattern.compile("\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\\\n])*\"", Pattern.DOTALL);

    /** String literals, character literals and comments; only comments start with a slash. */
    private static final Pattern TOKEN =
            Pattern.compile(LITERAL.pattern() + "|'(?:\\\\.|[^'\\\\])+'|/\\*.*?\\*/|//[^\\n]*", Pattern.DOTALL);

    @Test
    void noPageHasABannedWord() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path page : files(".md")) {
            String name = ROOT.relativize(page).toString();
            if (!name.startsWith("docs/adr/")) {
                find(BANNED, name, Files.readString(page), found);
            }
        }

        assertThat(found).isEmpty();
    }

    /** Tables and code are as wide as they have to be. A changelog's entry is one line. */
    @Test
    void noPageIsWiderThanAHundredColumns() throws IOException {
        List<String> wide = new ArrayList<>();
        for (Path page : files(".md")) {
            String name = ROOT.relativize(page).toString();
            if (name.startsWith("docs/adr/") || name.startsWith("changelog/unreleased/")) {
                continue;
            }
            boolean code = false;
            for (String line : Files.readAllLines(page)) {
                code ^= line.startsWith("```");
                if (!code && !line.startsWith("|") && line.codePointCount(0, line.length()) > 100) {
                    wide.add(name + ": " + line);
                }
            }
        }

        assertThat(wide).isEmpty();
    }

    /** Messages, help and hints: all the text that the program can print. */
    @Test
    void noMessageHasABannedWord() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path source : files(".java")) {
            String name = ROOT.relativize(source).toString();
            if (!name.contains("/src/main/")) {
                continue;
            }
            TOKEN.matcher(Files.readString(source))
                    .results()
                    .filter(token -> token.group().startsWith("\""))
                    .forEach(literal -> find(BANNED, name, literal.group(), found));
        }

        assertThat(found).isEmpty();
    }

    @Test
    void noCommentHasABannedWord() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path source : files(".java")) {
            String name = ROOT.relativize(source).toString();
            if (!name.endsWith("LanguageTest.java")) {
                TOKEN.matcher(Files.readString(source))
                        .results()
                        .filter(token -> token.group().startsWith("/"))
                        .forEach(comment -> find(BANNED_IN_COMMENTS, name, comment.group(), found));
            }
        }

        assertThat(found).isEmpty();
    }

    /** By UtcTime: a moment that is joined to a text as it is would be printed in a second form. */
    @Test
    void everyTimeOfAMessageHasOneForm() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path source : files(".java")) {
            if (source.toString().contains("/src/main/")) {
                BARE_TIME
                        .matcher(Files.readString(source))
                        .results()
                        .forEach(hit -> found.add(ROOT.relativize(source) + ": " + hit.group()));
            }
        }

        assertThat(found).isEmpty();
    }

    private static void find(Pattern banned, String name, String text, List<String> found) {
        Matcher word = banned.matcher(text);
        while (word.find()) {
            int end = Math.min(text.length(), word.end() + 30);
            found.add(name + ": ..." + text.substring(Math.max(0, word.start() - 30), end) + "...");
        }
    }

    private static List<Path> files(String suffix) throws IOException {
        try (Stream<Path> all = Files.walk(ROOT, 20)) {
            return all.filter(file -> file.toString().endsWith(suffix))
                    .filter(file -> !file.toString().contains("/target/")
                            && !file.toString().contains("/."))
                    .toList();
        }
    }
}
