// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.config.ConfigurationException.ConfigurationProblems;
import org.tidemark.config.Setting.Origin;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.core.FileProblem;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlTable;

/** Reads a TOML file into a flat list of settings with their lines. The only class that knows the TOML parser. */
final class TomlFile {
    private final Path file;
    private final ConfigurationProblems problems;
    private final List<Setting> settings = new ArrayList<>();

    private TomlFile(Path file, ConfigurationProblems problems) {
        this.file = file;
        this.problems = problems;
    }

    /** The settings that could be read; every other line adds to {@code problems}. */
    static List<Setting> read(Path file, ConfigurationProblems problems) {
        TomlFile reader = new TomlFile(file, problems);
        try {
            reader.parse(text(file));
        } catch (IOException e) {
            String remedy = e instanceof AccessDeniedException
                    ? "run this as root, or as a user who may read it, such as the owner of the data directory"
                    : "expected a readable TOML file";
            problems.add(Origin.file(file), "cannot be read (" + FileProblem.of(e) + "): " + remedy);
        }
        return reader.settings;
    }

    /** Without the byte order mark that editors of other systems put before it, and that TOML does not know. */
    static String text(Path file) throws IOException {
        String text = Files.readString(file);
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /** The settings of a text that may become the file. */
    static List<Setting> read(Path file, String text, ConfigurationProblems problems) {
        TomlFile reader = new TomlFile(file, problems);
        reader.parse(text);
        return reader.settings;
    }

    private void parse(String text) {
        TomlParseResult result = Toml.parse(text);
        for (TomlParseError error : result.errors()) {
            problems.add(Origin.line(file, error.position().line()), "not TOML: " + String.valueOf(error.getMessage()));
        }
        readTable(result, List.of());
    }

    private void readTable(TomlTable table, List<String> path) {
        for (String name : table.keySet()) {
            List<String> parts = new ArrayList<>(path);
            parts.add(name);
            Object value = table.get(List.of(name));
            Origin origin = origin(table, name);
            switch (value) {
                case TomlTable inner -> readTable(inner, parts);
                case TomlArray array -> readArray(array, parts, origin);
                case null -> throw new IllegalStateException("no value for the key " + parts);
                default -> settings.add(new Setting(new SettingKey(parts), value.toString(), origin));
            }
        }
    }

    private void readArray(TomlArray array, List<String> parts, Origin origin) {
        List<String> elements = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            if (array.get(i) instanceof String element) {
                elements.add(element);
            } else {
                problems.add(
                        new SettingKey(parts),
                        origin,
                        "'" + new SettingKey(parts) + "' is not a list of strings: expected a list such as"
                                + " [\"a\"]");
                return;
            }
        }
        settings.add(new Setting(new SettingKey(parts), String.join(",", elements), origin));
    }

    private Origin origin(TomlTable table, String name) {
        var position = table.inputPositionOf(List.of(name));
        return position == null ? Origin.file(file) : Origin.line(file, position.line());
    }
}
