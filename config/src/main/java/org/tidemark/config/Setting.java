// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

/**
 * One value that somebody set. Immutable.
 *
 * @param value as text; the elements of a list are joined by commas
 */
public record Setting(SettingKey key, String value, Origin origin) {}
