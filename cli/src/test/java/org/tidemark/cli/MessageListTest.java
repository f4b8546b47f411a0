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
 * Writes every text that the program can print into {@code target/messages.txt}, each with its file and line, so that
 * all messages, hints and help texts can be read one after the other..
 */
class MessageListTest {
    private static final Path ROOT =
            Path.of(System.getProperty("tidemark.root", "..")).toAbsolutePath().normalize();
    private static final Path LIST =
            Path.of(System.getProperty("basedir", ".")).resolve("target").resolve("messages.txt");

    /** Comments and character literals are matched so that a quote in them does not begin a text. */
    private static final Pattern TOKEN = Pattern.compile(
            "\"\"\"(?<block>.*?)\"\"\"|\"(?<line>(?:\\\\.|[^\"\\\\\\n])*)\"|'(?:\\\\.|[^'\\\\])+'|/\\*.*?\\*/|//[^\\n]*",
            Pattern.DOTALL);

    private static final Pattern TWO_WORDS = Pattern.compile("[A-Za-z]{2}[^A-Za-z]* [^A-Za-z]*[A-Za-z]");
    private static final Pattern DOUBLE_SPACE = Pattern.compile("(?<!\\\\)[a-z,.:;]  +[a-z]");

    /** What a native speaker stumbles over. */
    private static final Pattern UNFIT = Pattern.compile(
            "\\b(?:can not|informations|throw-away|all the same|as whom|an other|pair of keys)\\b"
                    + "|\\bplease\\b(?! report)",
            Pattern.CASE_INSENSITIVE);

    private record Message(String place, String text) {
        @Override
        public String toString() {
            return place + ": " + text;
        }
    }

    @Test
    void everyMessageIsListedAndFitToRead() throws IOException {
        List<Message> messages = messages();

        Files.createDirectories(LIST.getParent());
        Files.write(LIST, messages.stream().map(Message::toString).toList());

        assertThat(messages)
                .as("the list lacks messages")
                .anyMatch(message -> message.text().contains("is already archived"))
                .anyMatch(message -> message.text().startsWith("Takes a base backup"));
        assertThat(messages)
                .filteredOn(message -> UNFIT.matcher(message.text()).find()
                        || DOUBLE_SPACE.matcher(message.text()).find())
                .isEmpty();
    }

    /** Values are unknown here: each stands as one word; one that is glued to a word is more text in some cases. */
    @Test
    void everyCommandInAMessageCanBeCopied() throws IOException {
        List<String> problems = new ArrayList<>();
        for (Message message : messages()) {
            String text = message.text().replaceAll("(?<=[a-z])\\{}", "").replace("{}", "X");
            if (!text.startsWith("#")) { // a configuration, whose lines stand in one here
                CommandsInText.problems(text).forEach(problem -> problems.add(message.place() + ": " + problem));
            }
        }

        assertThat(problems).isEmpty();
    }

    private static List<Message> messages() throws IOException {
        List<Message> messages = new ArrayList<>();
        try (Stream<Path> files = Files.walk(ROOT, 20)) {
            for (Path source :
                    files.filter(MessageListTest::isOfTheProgram).sorted().toList()) {
                collect(source, messages);
            }
        }
        return messages;
    }

    private static boolean isOfTheProgram(Path file) {
        String name = ROOT.relativize(file).toString();
        return name.endsWith(".java")
                && name.contains("src/main/java")
                && !name.contains("/target/")
                && !name.startsWith("testkit")
                && !name.contains("gcs-server");
    }

    /** Texts that are joined by {@code +} are one message; the value between two of them is shown as {@code {}}. */
    private static void collect(Path source, List<Message> messages) throws IOException {
        String code = Files.readString(source);
        StringBuilder text = new StringBuilder();
        int begin = 0;
        int end = -1;
        Matcher token = TOKEN.matcher(code);
        while (token.find()) {
            String block = token.group("block");
            String part = block == null ? token.group("line") : block.strip().replaceAll("\\s*\\n\\s*", " ");
            if (part == null) {
                continue;
            }
            String between = end < 0 ? ";" : code.substring(end, token.start()).strip();
            if (between.startsWith("+") && between.endsWith("+") && !between.contains(";")) {
                text.append(between.length() == 1 ? "" : "{}");
            } else {
                add(source, code, begin, end, text.toString(), messages);
                text.setLength(0);
                begin = token.start();
            }
            text.append(part);
            end = token.end();
        }
        add(source, code, begin, end, text.toString(), messages);
    }

    private static void add(Path source, String code, int begin, int end, String joined, List<Message> messages) {
        String text = end >= 0 && code.substring(end).stripLeading().startsWith("+") ? joined + "{}" : joined;
        if (TWO_WORDS.matcher(text).find()) {
            long line = code.substring(0, begin).lines().count();
            messages.add(new Message(ROOT.relativize(source) + ":" + Math.max(1, line), text));
        }
    }
}
