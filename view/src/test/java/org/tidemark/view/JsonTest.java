// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.JsonText;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.view.Json.Inline;
import tools.jackson.databind.json.JsonMapper;

class JsonTest {
    private static final Json JSON = new Json(UnaryOperator.identity());

    private enum Way {
        THERE,
        BACK;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private record Everything(
            String text,
            String empty,
            long number,
            boolean flag,
            @Nullable Path nothing,
            Path file,
            Way way,
            Instant at,
            Optional<String> left,
            Optional<String> kept,
            Map<String, Long> values,
            Map<String, Inner> noValues,
            List<String> names,
            List<String> noNames,
            List<List<Integer>> lists,
            List<Named> objects) {}

    private record Named(String name, Inner inner) {}

    private record Inner() {}

    private record Values(
            Lsn lsn, Timeline timeline, Segment segment, BackupId id, ClusterName cluster, SystemIdentifier system) {}

    private record Outer(
            int first, @Inline Pair pair, @Inline Optional<Pair> none, int last) {}

    private record Pair(Optional<String> left, String right) {}

    private record Advised(String message, String hint, Optional<String> text, List<Advised> more) {}

    private record Wrong(Thread thread) {}

    private static Everything everything() {
        return new Everything(
                "a \"b\" \\ \n é \uD83D\uDE00 /",
                "",
                Long.MIN_VALUE,
                true,
                null,
                Path.of("/a/b"),
                Way.BACK,
                Instant.parse("2026-11-21T10:00:00.123456789Z"),
                Optional.empty(),
                Optional.of("x"),
                Map.of("bytes", 7L),
                Map.of(),
                List.of("a", "b"),
                List.of(),
                List.of(List.of(1), List.of()),
                Json.list(List.of("x", "y"), name -> new Named(name, new Inner())));
    }

    @Test
    void aDocumentIsLaidOutAsItsReadersKnowIt() {
        String text = JsonText.pretty(JSON.document(everything()));

        assertThat(text)
                .isEqualTo(JsonMapper.shared()
                        .writerWithDefaultPrettyPrinter()
                        .writeValueAsString(JsonMapper.shared().readTree(text)));
    }

    @Test
    void aLineIsTheSameWithoutWhiteSpace() {
        String line = JSON.line(everything());

        assertThat(line)
                .isEqualTo(JsonMapper.shared()
                        .writeValueAsString(JsonMapper.shared().readTree(line)));
    }

    @Test
    void componentsAreWrittenInTheirOrderAndEmptyOnesAreLeftOut() {
        assertThat(JSON.line(everything()))
                .isEqualTo(
                        "{\"text\":\"a \\\"b\\\" \\\\ \\n é \uD83D\uDE00 /\",\"empty\":\"\","
                                + "\"number\":-9223372036854775808,\"flag\":true,\"nothing\":null,\"file\":\"/a/b\","
                                + "\"way\":\"back\",\"at\":\"2026-11-21T10:00:00.123456Z\",\"kept\":\"x\","
                                + "\"values\":{\"bytes\":7},\"noValues\":{},\"names\":[\"a\",\"b\"],\"noNames\":[],"
                                + "\"lists\":[[1],[]],\"objects\":[{\"name\":\"x\",\"inner\":{}},{\"name\":\"y\",\"inner\":{}}]}");
    }

    @Test
    void aDocumentBeginsWithTheVersionOfItsFormat() {
        assertThat(JsonText.of(JSON.document(new Named("x", new Inner()))))
                .isEqualTo("{\"formatVersion\":1,\"name\":\"x\",\"inner\":{}}");
    }

    @Test
    void valuesOfPostgresqlAreWrittenAsItPrintsThem() {
        Timeline timeline = new Timeline(2);

        assertThat(JSON.line(new Values(
                        Lsn.parse("16/B374D848"),
                        timeline,
                        new Segment(timeline, 0, 0x20),
                        new BackupId("20261120T063011Z"),
                        new ClusterName("main"),
                        SystemIdentifier.parse("7312089945514410"))))
                .isEqualTo("{\"lsn\":\"16/B374D848\",\"timeline\":2,\"segment\":\"000000020000000000000020\","
                        + "\"id\":\"20261120T063011Z\",\"cluster\":\"main\",\"system\":\"7312089945514410\"}");
    }

    @Test
    void membersOfAnInlineViewAreInTheObjectAroundIt() {
        assertThat(JSON.line(new Outer(1, new Pair(Optional.empty(), "x"), Optional.empty(), 2)))
                .isEqualTo("{\"first\":1,\"right\":\"x\",\"last\":2}");
    }

    @Test
    void hintsAndTextsAloneAreCompletedHoweverDeepTheyAre() {
        Json json = new Json(text -> text + "!");
        Advised inner = new Advised("a", "b", Optional.of("c"), List.of());

        assertThat(json.line(new Advised("d", "e", Optional.empty(), List.of(inner))))
                .isEqualTo("{\"message\":\"d\",\"hint\":\"e!\","
                        + "\"more\":[{\"message\":\"a\",\"hint\":\"b!\",\"text\":\"c!\",\"more\":[]}]}");
    }

    @Test
    void aValueThatJsonCannotExpressIsRefused() {
        Wrong wrong = new Wrong(Thread.currentThread());

        assertThatIllegalArgumentException().isThrownBy(() -> JSON.line(wrong));
    }
}
