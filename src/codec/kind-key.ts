/** The key of the kind in a record that stands for a packed value. A plain object of the user with this key is itself packed. */
export const kindKey = '#heddle';
