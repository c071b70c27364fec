package i18n

// Catalogues are the files that the package reads its languages from.
var Catalogues = catalogues
