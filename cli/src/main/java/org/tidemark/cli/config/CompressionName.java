// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.config;

/** Which compressions may be configured. */
final class CompressionName {
    private CompressionName() {}

    static boolean isValid(String text) {
        int colon = text.indexOf(':');
        String codec = colon < 0 ? text : text.substring(0, colon);
        return switch (codec) {
            case "zstd" -> colon < 0 || isLevel(text.substring(colon + 1), 22);
            case "gzip" -> colon < 0 || isLevel(text.substring(colon + 1), 9);
            case "lz4", "none" -> colon < 0;
            default -> false;
        };
    }

    private static boolean isLevel(String text, int highest) {
        try {
            int level = Integer.parseInt(text);
            return level >= 1 && level <= highest;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
