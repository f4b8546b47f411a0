// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import java.util.ArrayList;
import java.util.List;

/** Columns as wide as their widest cell, two spaces apart; the last column is not padded. Not thread-safe. */
public final class TextTable {
    private final List<Column> columns;
    private final List<List<String>> rows = new ArrayList<>();

    /** The alignment of a column. */
    public record Column(String title, Side side) {
        public static Column left(String title) {
            return new Column(title, Side.LEFT);
        }

        public static Column right(String title) {
            return new Column(title, Side.RIGHT);
        }
    }

    /** The column at which a cell's text begins. */
    public enum Side {
        LEFT,
        RIGHT
    }

    public TextTable(Column... columns) {
        this.columns = List.of(columns);
        rows.add(this.columns.stream().map(Column::title).toList());
    }

    public void row(String... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + columns.size() + " columns");
        }
        rows.add(List.of(cells));
    }

    /** The title, then the rows. */
    public List<String> lines() {
        int[] widths = new int[columns.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(i == 0 ? "" : "  ").append(cell(i, row.get(i), widths[i]));
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    private String cell(int column, String text, int width) {
        String padding = " ".repeat(width - text.length());
        return switch (columns.get(column).side()) {
            case LEFT -> text + padding;
            case RIGHT -> padding + text;
        };
    }
}
