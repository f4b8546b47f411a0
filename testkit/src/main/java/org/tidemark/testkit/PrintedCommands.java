// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the {@code tidemark COMMAND ...} lines that a text prints for copying. A command ends with its line, with the
 * quote that it stands in, or with its sentence: what follows it must not read like one more argument. Immutable.
 */
public final class PrintedCommands {
    /** The program, perhaps with a path, which may be quoted. A word after it that is no command is prose. */
    private static final Pattern PROGRAM = Pattern.compile("(?<![\\w.-])(?:'?/[^\\s']*/)?tidemark'? (?=[a-z])");

    /**
     * Prose names them as the programs that PostgreSQL calls, or that wrote a file: without arguments none can be run.
     */
    private static final Set<List<String>> NAMED =
            Set.of(List.of("wal-push"), List.of("wal-fetch"), List.of("recover"));

    private static final Pattern END_OF_SENTENCE = Pattern.compile("[.,;:)]+(?=\\s|$)");

    /** Of a JSON document. */
    private static final Pattern END_OF_STRING = Pattern.compile("\"\\s*([,\\]}]|$)");

    private PrintedCommands() {}

    /**
     * What is wrong with the commands of a text; empty if each of them can be run as it is printed.
     *
     * @param names of all commands
     * @param parser throws an exception for words that are not a whole command
     */
    public static List<String> problems(String text, Collection<String> names, Consumer<List<String>> parser) {
        List<String> problems = new ArrayList<>();
        for (List<String> words : in(text, names)) {
            try {
                if (!NAMED.contains(words)) {
                    parser.accept(words);
                }
            } catch (RuntimeException e) {
                problems.add(words + ": " + e.getMessage());
            }
        }
        return problems;
    }

    /** The words after {@code tidemark} of each command, as a shell would pass them. */
    public static List<List<String>> in(String text, Collection<String> names) {
        List<List<String>> commands = new ArrayList<>();
        // A text in a JSON document has its line feeds in this form.
        for (String line : text.replace("\\n", "\n").lines().toList()) {
            Matcher program = PROGRAM.matcher(line);
            while (program.find()) {
                String found = program.group();
                boolean isInQuotes = (program.start() > 0 && line.charAt(program.start() - 1) == '\'')
                        || (found.startsWith("'") && !found.endsWith("' "));
                List<String> words = words(line.substring(program.end()), isInQuotes);
                if (!words.isEmpty() && names.contains(words.getFirst())) {
                    commands.add(words);
                }
            }
        }
        return List.copyOf(commands);
    }

    private static List<String> words(String rest, boolean isInQuotes) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean isWord = false;
        int at = 0;
        while (at < rest.length()) {
            char next = rest.charAt(at);
            if ((next == '\'' && isInQuotes)
                    || (next == '"'
                            && END_OF_STRING
                                    .matcher(rest)
                                    .region(at, rest.length())
                                    .lookingAt())) {
                break;
            }
            if (next == '\'' || next == '"') {
                int end = rest.indexOf(next, at + 1);
                if (end < 0) {
                    break; // the end of a quotation that contains the command
                }
                word.append(rest, at + 1, end);
                isWord = true;
                at = end + 1;
            } else if (next == '\\' && at + 1 < rest.length()) {
                word.append(rest.charAt(at + 1));
                isWord = true;
                at += 2;
            } else if (next == ' ') {
                add(words, word, isWord);
                isWord = false;
                at++;
                if (at < rest.length()
                        && (rest.charAt(at) == '#' || rest.charAt(at) == '(' || rest.charAt(at) == '|')) {
                    return words;
                }
            } else {
                Matcher sentence = END_OF_SENTENCE.matcher(rest).region(at, rest.length());
                if (sentence.lookingAt() || next == '|' || next == '&' || next == '>') {
                    break;
                }
                word.append(next);
                isWord = true;
                at++;
            }
        }
        add(words, word, isWord);
        return words;
    }

    private static void add(List<String> words, StringBuilder word, boolean isWord) {
        if (isWord) {
            words.add(word.toString());
        }
        word.setLength(0);
    }
}
