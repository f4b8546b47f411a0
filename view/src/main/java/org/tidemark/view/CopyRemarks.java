// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Remarks on the copies of one backup: one that holds for all copies names no repository. Not thread-safe. */
public final class CopyRemarks {
    private final int copies;
    private final Map<String, List<String>> repositories = new LinkedHashMap<>();

    /** @param copies how many there are */
    public CopyRemarks(int copies) {
        this.copies = copies;
    }

    /** At most once for each copy and text. */
    public void add(String repository, String text) {
        repositories.computeIfAbsent(text, any -> new ArrayList<>()).add(repository);
    }

    /** Each text once, after the names of the repositories if it does not hold for all copies. */
    public List<String> texts() {
        List<String> texts = new ArrayList<>();
        repositories.forEach((text, of) -> texts.add(of.size() == copies ? text : String.join(", ", of) + ": " + text));
        return texts;
    }
}
