// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class DocumentTest {
    private enum Way {
        THERE,
        BACK
    }

    private static Document everything() {
        return Document.versioned()
                .put("text", "a \"b\" \\ \n é \uD83D\uDE00 /")
                .put("empty", "")
                .put("number", Long.MIN_VALUE)
                .put("flag", true)
                .put("nothing", null)
                .put("file", Path.of("/a/b"))
                .put("way", Way.BACK)
                .put("at", Instant.parse("2026-11-21T10:00:00.123456789Z"))
                .put("left", Optional.empty())
                .put("kept", Optional.of("x"))
                .put("values", Map.of("bytes", 7L))
                .put("noValues", Map.of())
                .put("names", List.of("a", "b"))
                .put("noNames", List.of())
                .put("lists", List.of(List.of(1), List.of()))
                .list("objects", List.of("x", "y"))
                .each(name -> new Document().put("name", name).put("inner", new Document()));
    }

    @Test
    void aDocumentIsLaidOutAsItsReadersKnowIt() {
        String text = everything().toString();

        assertThat(text)
                .isEqualTo(JsonMapper.shared()
                        .writerWithDefaultPrettyPrinter()
                        .writeValueAsString(JsonMapper.shared().readTree(text)));
    }

    @Test
    void aLineIsTheSameWithoutWhiteSpace() {
        String line = everything().line();

        assertThat(line)
                .isEqualTo(JsonMapper.shared()
                        .writeValueAsString(
                                JsonMapper.shared().readTree(everything().toString())));
    }

    @Test
    void valuesAreWrittenInTheirOrderAndEmptyOnesAreLeftOut() {
        assertThat(everything().line())
                .startsWith(
                        "{\"formatVersion\":1,\"text\":\"a \\\"b\\\" \\\\ \\n é \uD83D\uDE00 /\",\"empty\":\"\","
                                + "\"number\":-9223372036854775808,\"flag\":true,\"nothing\":null,\"file\":\"/a/b\","
                                + "\"way\":\"BACK\",\"at\":\"2026-11-21T10:00:00.123456Z\",\"kept\":\"x\",\"values\":{\"bytes\":7}");
    }

    @Test
    void whatHasNoFormInJsonIsRefused() {
        Document document = new Document().put("thread", Thread.currentThread());

        assertThatIllegalArgumentException().isThrownBy(document::line);
    }
}
