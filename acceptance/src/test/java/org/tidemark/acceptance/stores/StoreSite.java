// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.util.List;
import java.util.Map;

/**
 * A store on a real server, as an operator would configure it. Immutable.
 *
 * @param url of an empty place
 * @param options the store's options in the configuration
 * @param secrets what must not be printed anywhere, nor stand in a list of processes
 */
record StoreSite(String url, Map<String, String> options, List<String> secrets) {
    /** The table of the configuration, for the repository of this name. */
    String toml(String name) {
        StringBuilder lines = new StringBuilder("[repository." + name + "]\nurl = '" + url + "'\n");
        options.forEach(
                (key, value) -> lines.append(key).append(" = '").append(value).append("'\n"));
        return lines.toString();
    }
}
