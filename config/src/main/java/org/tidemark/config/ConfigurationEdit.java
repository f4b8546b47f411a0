// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tidemark.config.ConfigurationException.ConfigurationProblems;
import org.tidemark.config.ConfigurationLoader.EffectiveConfiguration;
import org.tidemark.config.KnownKey.ValueForm;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.UserFacingException;

/**
 * A change of one key in the file that sets it. All other bytes of the file stay. Planned first, and written only if
 * the whole configuration is right with it. Immutable.
 *
 * @param file where the setting is, with symbolic links followed
 * @param line the number of the first line that changes, from 1
 * @param removed the lines that go, with their ends
 * @param added the lines that come in their place
 * @param result the whole configuration with the change
 * @param text the new content of the file
 * @param stamp the state of the file that the change was planned for
 */
public record ConfigurationEdit(
        Path file,
        int line,
        List<String> removed,
        List<String> added,
        EffectiveConfiguration result,
        String text,
        FileStamp stamp) {
    private static final String BY_HAND = "Edit the file by hand, then check it with: tidemark config";
    /** Of a value that is removed. */
    private static final int MOST_LINES = 100;

    /** The beginning of a table, or of one that is a comment. */
    private static final Pattern TABLE = Pattern.compile("\\s*#?\\s*\\[");

    private static final String VALUE = "(\"(?:[^\"\\\\]|\\\\.)*\"|'[^']*'|\\[[^\\[\\]]*]|[^\\s#,\\[\\]{}\"']+)";

    public ConfigurationEdit {
        removed = List.copyOf(removed);
        added = List.copyOf(added);
    }

    /**
     * Plans the change, and checks the whole result.
     *
     * @param explicit the file given by {@code --config}
     * @param value as text; the elements of a list are separated by commas, or written as in the file. Empty: the key
     *     is removed
     * @throws ConfigurationException with everything that would be wrong
     * @throws UserFacingException if the files do not show where to change it
     */
    public static ConfigurationEdit plan(
            Environment environment, Optional<Path> explicit, SettingKey key, Optional<String> value) {
        ConfigurationFiles.requireNamed(environment, explicit);
        return new Planning(environment, ConfigurationFiles.candidates(environment, explicit), key, value).plan();
    }

    /**
     * Replaces the file, with the same owner and mode. When this returns, the change is durable.
     *
     * @throws UserFacingException if the file has changed since, or cannot be written
     */
    public void write() {
        // Locked against another change by this command: what is locked is the file that is about to be replaced.
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock == null || !FileStamp.of(file).equals(stamp)) {
                throw changedMeanwhile();
            }
            DurableFile.replace(file, text.getBytes(StandardCharsets.UTF_8), written -> {
                for (String name : List.of("uid", "gid")) {
                    Object own = Files.getAttribute(file, "unix:" + name);
                    if (!own.equals(Files.getAttribute(written, "unix:" + name))) {
                        Files.setAttribute(written, "unix:" + name, own);
                    }
                }
                Files.setPosixFilePermissions(written, Files.getPosixFilePermissions(file));
                // An editor takes no lock.
                if (!FileStamp.of(file).equals(stamp)) {
                    throw changedMeanwhile();
                }
            });
        } catch (OverlappingFileLockException | NoSuchFileException e) {
            // Of two that replace the file at once, one finds its new file gone.
            throw changedMeanwhile();
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot write '" + file + "': " + FileProblem.of(e),
                    "Nothing was changed. Run this as root, or as the owner of the file and of its directory.",
                    e);
        }
    }

    private UserFacingException changedMeanwhile() {
        return new UserFacingException(
                ExitCode.LOCAL_FILES,
                "'" + file + "' was changed by another process at the same time",
                "Nothing was written. Run the command again.");
    }

    /** Finds the place, and tries the ways to write the setting there. */
    private static final class Planning {
        private final Environment environment;
        private final List<Path> candidates;
        private final SettingKey key;
        private final Optional<String> value;
        private final Map<Path, String> texts = new LinkedHashMap<>();
        private final Map<Path, FileStamp> stamps = new LinkedHashMap<>();
        private final Map<Path, List<Setting>> settings = new LinkedHashMap<>();

        Planning(Environment environment, List<Path> candidates, SettingKey key, Optional<String> value) {
            this.environment = environment;
            this.candidates = candidates;
            this.key = key;
            this.value =
                    ValueForm.of(key) == ValueForm.LIST ? value.map(list -> String.join(",", elements(list))) : value;
        }

        ConfigurationEdit plan() {
            readFiles();
            Path file = place();
            String text = texts.getOrDefault(file, "");
            Optional<Setting> present = settings.getOrDefault(file, List.of()).stream()
                    .filter(each -> each.key().equals(key))
                    .findFirst();
            List<String> lines = List.of(text.split("(?<=\n)", -1));
            int line = present.map(Planning::line).orElse(0);
            List<List<String>> ways = ways(lines, line, file, present.isPresent());
            for (List<String> way : ways) {
                String changed = String.join("", way);
                if (changesOnlyThis(file, changed)) {
                    return edit(file, lines, way, changed);
                }
            }
            throw new UserFacingException(
                    ExitCode.USAGE,
                    present.map(setting -> setting.origin() + ": this command cannot change how '" + key
                                    + "' is written there")
                            .orElse(file + ": this command finds no place for '" + key + "'"),
                    BY_HAND);
        }

        private List<List<String>> ways(List<String> lines, int line, Path file, boolean isSet) {
            if (value.isEmpty()) {
                requireOthers();
                return removing(lines, line);
            }
            return isSet ? replacing(lines, line) : adding(lines, file);
        }

        /** An empty table does not count: with its last key, the cluster would be gone. */
        private void requireOthers() {
            List<SettingKey> keys = settings.values().stream()
                    .flatMap(List::stream)
                    .map(Setting::key)
                    .toList();
            if (!keys.contains(key)) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "no configuration file sets '" + key + "'",
                        "List what is set, and where, with: tidemark config");
            }
            List<String> table = table();
            if (table.size() > 1 && keys.stream().noneMatch(each -> !each.equals(key) && isIn(table, each))) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "'" + key + "' is the only key of the " + table.getFirst() + ", which would be gone without it",
                        BY_HAND);
            }
        }

        /** The setting's own lines go: a list may have several. */
        private List<List<String>> removing(List<String> lines, int line) {
            List<List<String>> ways = new ArrayList<>();
            for (int end = line; line > 0 && end <= Math.min(lines.size(), line + MOST_LINES); end++) {
                List<String> way = new ArrayList<>(lines.subList(0, line - 1));
                way.addAll(lines.subList(end, lines.size()));
                ways.add(way);
            }
            return ways;
        }

        private void readFiles() {
            ConfigurationProblems problems = new ConfigurationProblems();
            for (Path candidate : candidates) {
                if (!Files.notExists(candidate)) {
                    read(candidate, problems);
                }
                try {
                    for (Path clusterFile : ConfigurationFiles.clusterFiles(candidate)) {
                        read(clusterFile, problems);
                    }
                } catch (IOException e) {
                    problems.add(
                            Setting.Origin.file(ConfigurationFiles.clusterDirectory(candidate)),
                            "cannot be read (" + FileProblem.of(e) + "): expected a readable directory");
                }
            }
            problems.only(any -> false).throwIfAny();
        }

        private void read(Path file, ConfigurationProblems problems) {
            try {
                stamps.put(file, FileStamp.of(file.toRealPath()));
                String text = TomlFile.text(file);
                texts.put(file, text);
                settings.put(file, TomlFile.read(file, text, problems));
            } catch (IOException e) {
                texts.put(file, "");
                settings.put(file, TomlFile.read(file, problems)); // says why
            }
        }

        /** The file that sets the key; otherwise that of the same table. The last one wins. */
        private Path place() {
            Optional<Path> ofKey = last(each -> each.key().equals(key));
            if (ofKey.isPresent()) {
                return ofKey.get();
            }
            List<String> table = table();
            return last(each -> isIn(table, each.key()))
                    .or(() -> table.size() == 1 ? texts.keySet().stream().findFirst() : Optional.empty())
                    .orElseThrow(() -> new UserFacingException(
                            ExitCode.USAGE,
                            table.size() == 1
                                    ? "there is no configuration file, looked for: " + joined(candidates)
                                    : "there is no " + table.getFirst() + " '" + table.getLast()
                                            + "' in the configuration files: " + joined(texts.keySet()),
                            table.size() == 1
                                    ? "Name the configuration file with --config FILE."
                                    : "Correct the name. List what is configured with: tidemark config"));
        }

        /** {@code host} or {@code service}, or {@code cluster} or {@code repository} with the name. */
        private List<String> table() {
            return key.parts()
                    .subList(0, Set.of("host", "service").contains(key.parts().getFirst()) ? 1 : 2);
        }

        private static boolean isIn(List<String> table, SettingKey key) {
            return key.parts().size() > table.size()
                    && key.parts().subList(0, table.size()).equals(table);
        }

        private static String joined(Iterable<Path> files) {
            List<String> names = new ArrayList<>();
            files.forEach(file -> names.add("'" + file + "'"));
            return names.isEmpty() ? "there are none" : String.join(", ", names);
        }

        private Optional<Path> last(Predicate<Setting> wanted) {
            return settings.entrySet().stream()
                    .filter(each -> each.getValue().stream().anyMatch(wanted))
                    .map(Map.Entry::getKey)
                    .reduce((first, second) -> second);
        }

        /** The value is replaced in its line; a comment after it stays. */
        private List<List<String>> replacing(List<String> lines, int line) {
            if (line < 1 || line > lines.size()) {
                return List.of();
            }
            String before = lines.get(line - 1);
            Matcher assignment = Pattern.compile(
                            "(?<![\\w-])[\"']?" + Pattern.quote(key.parts().getLast()) + "[\"']?\\s*=\\s*" + VALUE)
                    .matcher(before);
            List<List<String>> ways = new ArrayList<>();
            while (assignment.find()) {
                List<String> way = new ArrayList<>(lines);
                way.set(
                        line - 1,
                        before.substring(0, assignment.start(1)) + written() + before.substring(assignment.end(1)));
                ways.add(way);
            }
            return ways;
        }

        /**
         * After a comment that shows it, after the last setting of its table where that is possible, after its header,
         * or in a new table at the end.
         */
        private List<List<String>> adding(List<String> lines, Path file) {
            List<String> table = key.parts().subList(0, key.parts().size() - 1);
            List<List<String>> ways = new ArrayList<>();
            Pattern sample =
                    Pattern.compile("\\s*#\\s*" + Pattern.quote(key.parts().getLast()) + "\\s*=.*", Pattern.DOTALL);
            boolean isComment = false;
            for (int i = 0; i < lines.size(); i++) {
                Matcher header = TABLE.matcher(lines.get(i));
                if (header.lookingAt()) {
                    isComment = header.group().contains("#");
                } else if (!isComment && sample.matcher(lines.get(i)).matches()) { // perhaps of another table
                    ways.add(with(lines, i + 1, indentation(lines.get(i)) + assignment()));
                }
            }
            settings.getOrDefault(file, List.of()).stream()
                    .filter(each -> each.key().parts().size() == key.parts().size()
                            && each.key().parts().subList(0, table.size()).equals(table))
                    .map(Planning::line)
                    .filter(line -> line > 0)
                    .sorted(Comparator.reverseOrder()) // the last one may be a list of several lines
                    .forEach(line -> ways.add(with(lines, line, indentation(lines.get(line - 1)) + assignment())));
            Pattern header = Pattern.compile("\\s*\\[\\s*"
                    + table.stream()
                            .map(part -> "[\"']?" + Pattern.quote(part) + "[\"']?")
                            .collect(Collectors.joining("\\s*\\.\\s*"))
                    + "\\s*]\\s*(#.*)?\\s*");
            for (int i = 0; i < lines.size(); i++) {
                if (header.matcher(lines.get(i)).matches()) {
                    ways.add(with(lines, i + 1, assignment()));
                }
            }
            List<String> atTheEnd = new ArrayList<>(lines);
            String end = end(lines.getFirst());
            String last = atTheEnd.removeLast();
            atTheEnd.add(last.isEmpty() || last.endsWith("\n") ? last : last + end);
            atTheEnd.add(end);
            atTheEnd.add("[" + new SettingKey(table) + "]" + end);
            atTheEnd.add(assignment() + end);
            ways.add(atTheEnd);
            return ways;
        }

        private static List<String> with(List<String> lines, int after, String added) {
            List<String> with = new ArrayList<>(lines);
            String previous = with.get(after - 1);
            String end = end(previous);
            with.set(after - 1, previous.endsWith("\n") ? previous : previous + end);
            with.add(after, added + end);
            return with;
        }

        private static String end(String line) {
            return line.endsWith("\r\n") ? "\r\n" : "\n";
        }

        private static String indentation(String line) {
            return line.substring(0, line.length() - line.stripLeading().length());
        }

        private String assignment() {
            return new SettingKey(List.of(key.parts().getLast())) + " = " + written();
        }

        /** The value in TOML. */
        private String written() {
            String text = value.orElseThrow();
            return switch (ValueForm.of(key)) {
                case LIST -> elements(text).stream().map(Planning::quoted).collect(Collectors.joining(", ", "[", "]"));
                case NUMBER -> text.matches("[0-9]{1,18}") ? text : quoted(text);
                case BOOLEAN -> text.matches("true|false") ? text : quoted(text);
                case TEXT -> quoted(text);
            };
        }

        private static List<String> elements(String text) {
            return List.of(inside(text, "[", "]").split(",", -1)).stream()
                    .map(each -> inside(inside(each, "\"", "\""), "'", "'"))
                    .filter(each -> !each.isEmpty())
                    .toList();
        }

        private static String inside(String text, String begin, String end) {
            String plain = text.strip();
            return plain.length() > 1 && plain.startsWith(begin) && plain.endsWith(end)
                    ? plain.substring(1, plain.length() - 1).strip()
                    : plain;
        }

        private static String quoted(String text) {
            if (text.chars().anyMatch(Character::isISOControl)) {
                throw new UserFacingException(
                        ExitCode.USAGE, "the value has a control character", "Give a value of one line.");
            }
            return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
        }

        private boolean changesOnlyThis(Path file, String changed) {
            ConfigurationProblems problems = new ConfigurationProblems();
            Map<SettingKey, String> after = values(TomlFile.read(file, changed, problems));
            Map<SettingKey, String> wanted = values(settings.getOrDefault(file, List.of()));
            value.ifPresentOrElse(present -> wanted.put(key, present), () -> wanted.remove(key));
            return !problems.areOfWholeFiles() && after.equals(wanted);
        }

        private static Map<SettingKey, String> values(List<Setting> settings) {
            Map<SettingKey, String> values = new LinkedHashMap<>();
            settings.forEach(setting -> values.put(setting.key(), setting.value()));
            return values;
        }

        private ConfigurationEdit edit(Path file, List<String> before, List<String> after, String changed) {
            int same = 0;
            while (same < Math.min(before.size(), after.size())
                    && before.get(same).equals(after.get(same))) {
                same++;
            }
            int end = 0;
            while (end < Math.min(before.size(), after.size()) - same
                    && before.get(before.size() - 1 - end).equals(after.get(after.size() - 1 - end))) {
                end++;
            }
            try {
                Path real = file.toRealPath();
                return new ConfigurationEdit(
                        real,
                        same + 1,
                        before.subList(same, before.size() - end),
                        after.subList(same, after.size() - end),
                        result(file, changed),
                        changed,
                        stamps.getOrDefault(file, FileStamp.of(real)));
            } catch (IOException e) {
                throw new UserFacingException(
                        ExitCode.LOCAL_FILES, "cannot read '" + file + "': " + FileProblem.of(e), BY_HAND, e);
            }
        }

        /** The whole configuration with the change. */
        private EffectiveConfiguration result(Path file, String changed) {
            ConfigurationProblems problems = new ConfigurationProblems();
            List<Setting> all = new ArrayList<>();
            for (Path each : settings.keySet()) {
                List<Setting> read =
                        each.equals(file) ? TomlFile.read(file, changed, problems) : TomlFile.read(each, problems);
                all.addAll(candidates.contains(each) ? read : ConfigurationLoader.clustersOnly(read, problems));
            }
            all.addAll(VariableSettings.read(environment, List.copyOf(all), problems));
            return new EffectiveConfiguration(
                    all, ConfigurationParser.parse(all, problems), Optional.empty(), Optional.empty());
        }

        /** The line of a setting; 0 if it is not known. */
        private static int line(Setting setting) {
            String origin = setting.origin().text();
            String line = origin.substring(origin.lastIndexOf(':') + 1);
            return line.matches("[0-9]{1,9}") ? Integer.parseInt(line) : 0;
        }
    }
}
