// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.cli.ProgramRun;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The keys that a command prints as JSON, in their order, with their nesting and their types. Its file has a line for
 * each key: {@code ?} marks one that is left out from some documents, and {@code []} the items of a list. To write
 * files: {@code TIDEMARK_TEST_GOLDEN=write}. Not thread-safe.
 */
public final class GoldenDocument {
    private static final Path FILES = Path.of(System.getProperty("tidemark.root", ".."), "docs/reference/json");

    private final String command;
    /** Objects whose keys are names of something, not of members. */
    private final Set<String> maps;

    private final Node root = new Node();

    /** What was seen at one place. */
    private static final class Node {
        private final Set<String> types = new TreeSet<>();
        private final Map<String, Node> members = new LinkedHashMap<>();
        private int objects;
        private int seen;

        private Node member(String key, String before) {
            Node known = members.get(key);
            if (known != null) {
                return known;
            }
            Node added = new Node();
            Map<String, Node> ordered = new LinkedHashMap<>();
            if (before.isEmpty()) {
                ordered.put(key, added);
            }
            members.forEach((name, node) -> {
                ordered.put(name, node);
                if (name.equals(before)) {
                    ordered.put(key, added);
                }
            });
            members.clear();
            members.putAll(ordered);
            return added;
        }
    }

    public GoldenDocument(String command, String... maps) {
        this.command = command;
        this.maps = Set.of(maps);
    }

    /** Adds what a run printed: documents, one after another. */
    public GoldenDocument add(ProgramRun run) {
        assertThat(run.data()).as("%s: %s", command, run.talk()).isNotEmpty();
        return add(run.data());
    }

    public GoldenDocument add(String documents) {
        try (var values = JsonMapper.shared().readerFor(JsonNode.class).<JsonNode>readValues(documents)) {
            assertThat(values.hasNext())
                    .as("%s printed: %s", command, documents)
                    .isTrue();
            values.forEachRemaining(value -> add(root, "", value));
        }
        return this;
    }

    private void add(Node node, String path, JsonNode value) {
        node.types.add(value.getNodeType().name().toLowerCase(Locale.ROOT));
        node.seen++;
        if (value.isArray()) {
            for (JsonNode item : value) {
                add(node.member("[]", ""), path + "[]", item);
            }
        } else if (value.isObject()) {
            node.objects++;
            boolean isMap = maps.contains(path);
            String before = "";
            for (Map.Entry<String, JsonNode> each : value.properties()) {
                String key = isMap ? "*" : each.getKey();
                add(node.member(key, before), path.isEmpty() ? key : path + "." + key, each.getValue());
                before = key;
            }
        }
    }

    private static void lines(Node node, String path, List<String> lines) {
        node.members.forEach((key, member) -> {
            boolean isItem = key.equals("[]");
            boolean isOptional = !isItem && !key.equals("*") && member.seen < node.objects;
            String there = isItem ? path + key : path.isEmpty() ? key : path + "." + key;
            lines.add(there + (isOptional ? "?" : "") + " " + String.join(" or ", member.types));
            lines(member, there, lines);
        });
    }

    /** Compares with the file. */
    public void check() throws IOException {
        List<String> lines = new ArrayList<>();
        lines(root, "", lines);
        Path file = FILES.resolve(command + ".txt");
        if ("write".equals(System.getenv("TIDEMARK_TEST_GOLDEN"))) {
            Files.createDirectories(FILES);
            Files.write(file, lines);
        }
        assertThat(lines)
                .as("the keys that %s prints: within format version 1 keys are only added", command)
                .isEqualTo(Files.readAllLines(file));
    }
}
