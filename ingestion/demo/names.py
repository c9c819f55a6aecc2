"""Names and places that the demo company's people carry: Spanish, Latin-American, English.

Lists are ordered from common to rare; whoever draws from them prefers the front. Every letter
exists in latin-1, because the till and the loyalty programme export in it.
"""

from __future__ import annotations


def _words(text: str) -> list[str]:
    """Split on commas and line ends; spaces inside a name stay."""
    return [word.strip() for word in text.replace("\n", ",").split(",") if word.strip()]


SURNAMES_ES = _words(
    """García, Rodríguez, González, Fernández, López, Martínez, Sánchez, Pérez, Gómez, Martín
Jiménez, Hernández, Ruiz, Díaz, Moreno, Muñoz, Álvarez, Romero, Gutiérrez, Alonso
Navarro, Torres, Domínguez, Ramos, Vázquez, Ramírez, Gil, Serrano, Morales, Molina
Blanco, Suárez, Castro, Ortega, Delgado, Ortiz, Marín, Rubio, Núñez, Medina
Sanz, Castillo, Iglesias, Cortés, Garrido, Santos, Guerrero, Lozano, Cano, Cruz
Méndez, Flores, Prieto, Herrera, Peña, León, Márquez, Cabrera, Gallego, Calvo
Vidal, Campos, Reyes, Vega, Fuentes, Carrasco, Díez, Aguilar, Caballero, Nieto
Santana, Vargas, Pascual, Giménez, Herrero, Hidalgo, Montero, Lorenzo, Santiago, Benítez
Durán, Ibáñez, Arias, Mora, Ferrer, Carmona, Vicente, Rojas, Soto, Crespo
Román, Pastor, Velasco, Parra, Sáez, Moya, Bravo, Rivera, Gallardo, Soler
Esteban, Silva, Franco, Rivas, Lara, Merino, Espinosa, Camacho, Mendoza, Vera
Ríos, Izquierdo, Arroyo, Casado, Sierra, Redondo, Luque, Montes, Rey, Carrillo
Bernal, Segura, Otero, Heredia, Marcos, Soriano, Robles, Martí, Palacios, Valero
Contreras, Guerra, Varela, Pardo, Exposito, Benito, Bueno, Macías, Plaza, Miranda
Andrés, Roldán, Mateo, Rovira, Aranda, Guillén, Bermúdez, Casas, Menéndez, Escudero
Aguilera, Vila, Salazar, Rosa, Acosta, Gracia, Galindo, Rincón, Ávila, Trujillo
Miguel, Ballesteros, Mesa, Villar, Pacheco, Beltrán, Quintana, Montoya, Rico, Estévez
Conde, Salas, Luna, Hurtado, Correa, Lázaro, Ponce, Marco, Cuesta, Avilés
Abad, Rivero, Gálvez, Bautista, Manzano, Blasco, Toledo, Paredes, Zamora, Salvador
Cordero, Asensio, Padilla, Barroso, Valverde, Alarcón, Cuevas, Toro, Tapia, Cáceres
Etxeberria, Aguirre, Mendizábal, Zabala, Goñi, Puig, Serra, Bosch, Pons, Roca
Castells, Ferreira, Pereira, Novoa, Lamas, Figueroa, Quispe, Huamán, Cárdenas, Zúñiga
Sepúlveda, Valdés, Maldonado, Orozco, Villalobos, Escobar, Pineda, Restrepo, Giraldo, Ospina
Arango, Cifuentes, Bustamante, Sosa, Villanueva, Gaitán, Ocampo, Echeverría, Urrutia, Araya"""
)
SURNAMES_EN = _words(
    """Smith, Jones, Taylor, Brown, Williams, Wilson, Johnson, Davies, Robinson, Wright
Thompson, Evans, Walker, White, Roberts, Green, Hall, Wood, Jackson, Clarke
Clark, Harris, Lewis, Turner, Hill, Cooper, Morris, Ward, Moore, Baker
Harrison, King, Morgan, Lee, Allen, James, Scott, Phillips, Watson, Davis
Parker, Bennett, Price, Griffiths, Young, Mitchell, Kelly, Cook, Carter, Richardson
Bailey, Collins, Bell, Shaw, Murphy, Miller, Cox, Khan, Richards, Marshall
Simpson, Anderson, Ellis, Adams, Singh, Wilkinson, Foster, Chapman, Powell, Webb
Rogers, Gray, Mason, Hunt, Palmer, Holmes, Mills, Campbell, Barnes, Knight
Matthews, Butler, Russell, Stevens, Jenkins, Dixon, Fisher, Fletcher, Payne, Hughes
Sullivan, O'Brien, O'Connor, Ryan, McCarthy, Byrne, Doyle, Walsh, Reid, Stewart"""
)
WOMEN_ES = _words(
    """María, Carmen, Ana, Laura, Marta, Cristina, Lucía, María José, Isabel, Elena
Ana María, Pilar, Sara, Paula, María Carmen, Raquel, Rosa, Beatriz, Patricia, María Jesús
Silvia, Julia, Mónica, María Teresa, Irene, Nuria, Andrea, Rocío, Teresa, Alba
María Ángeles, Sonia, Alicia, Claudia, Eva, Natalia, María Luisa, Susana, Inés, Margarita
Ángela, Verónica, María Dolores, Yolanda, Sofía, Esther, María Isabel, Carolina, Lorena, Sandra
Victoria, Inmaculada, Daniela, Gloria, Valeria, Miriam, Ainhoa, Consuelo, Lourdes, Noelia
Dolores, Francisca, Josefa, Mercedes, Concepción, Guadalupe, Ximena, Camila, Valentina, Gabriela
Fernanda, Luz Marina, Luisa Fernanda, Catalina, Juana, Emilia, Antonia, Begoña, Leticia, Olga
Amparo, Encarnación, Rosario, Adriana, Diana, Jimena, Martina, Nerea, Ariadna, Itziar"""
)
MEN_ES = _words(
    """Antonio, José, Manuel, Francisco, David, Juan, Javier, Daniel, José Antonio, Francisco Javier
José Luis, Carlos, Alejandro, Jesús, Miguel, José Manuel, Rafael, Miguel Ángel, Pablo, Pedro
Ángel, Sergio, José María, Fernando, Jorge, Luis, Alberto, Juan Carlos, Álvaro, Diego
Adrián, Juan José, Raúl, Enrique, Iván, Juan Antonio, Vicente, Rubén, Óscar, Andrés
Ramón, Joaquín, Juan Manuel, Santiago, Víctor, Eduardo, Mario, Roberto, Jaime, Marcos
Francisco José, Ignacio, Hugo, Jordi, Alfonso, Salvador, Ricardo, Guillermo, Emilio, Gabriel
Julián, Julio, Tomás, Gonzalo, Agustín, Martín, Félix, Nicolás, José Ramón, Joan
Cristian, Mateo, Sebastián, Matías, Luis Fernando, Juan Pablo, Óscar Iván, Gustavo, Rodrigo, Esteban
Facundo, Ramiro, Hernán, César, Ernesto, Arturo, Gerardo, Íñigo, Mikel, Xavier"""
)
WOMEN_EN = _words(
    """Margaret, Elizabeth, Susan, Sarah, Jennifer, Patricia, Emma, Katherine, Rebecca, Jessica
Emily, Charlotte, Olivia, Amelia, Victoria, Deborah, Christine, Alice, Grace, Hannah
Samantha, Amanda, Caroline, Barbara, Helen, Abigail, Isabella, Lucy, Rachel, Eleanor
Dorothy, Megan, Zoe, Chloe, Fiona, Heather, Joanna, Naomi, Philippa, Theresa"""
)
MEN_EN = _words(
    """Robert, William, James, John, David, Michael, Thomas, Richard, Andrew, Christopher
Daniel, Matthew, Anthony, Stephen, Edward, Joseph, Samuel, Charles, Benjamin, Nicholas
Peter, Paul, Mark, George, Alexander, Jonathan, Timothy, Kenneth, Gregory, Patrick
Simon, Oliver, Harry, Jack, Lawrence, Philip, Martin, Graham, Nigel, Stuart"""
)
NICKNAMES = {
    "José": "Pepe", "Francisco": "Paco", "Manuel": "Manolo", "Antonio": "Toni", "Javier": "Javi",
    "Ignacio": "Nacho", "Jesús": "Chus", "Rafael": "Rafa", "Alejandro": "Álex", "Enrique": "Quique",
    "Eduardo": "Edu", "Fernando": "Fer", "Santiago": "Santi", "Alberto": "Berto", "Daniel": "Dani",
    "José Luis": "Pepe Luis", "Francisco Javier": "Fran", "José María": "Chema", "Juan": "Juanito",
    "Miguel Ángel": "Miguel", "Guillermo": "Guille", "Sebastián": "Sebas", "Salvador": "Salva",
    "Dolores": "Lola", "Francisca": "Paca", "Josefa": "Pepa", "Concepción": "Concha",
    "Mercedes": "Merche", "Isabel": "Isa", "Cristina": "Cris", "Guadalupe": "Lupe",
    "María José": "Marijose", "Inmaculada": "Inma", "Rosario": "Charo", "Consuelo": "Chelo",
    "María Teresa": "Maite", "Encarnación": "Encarna", "Pilar": "Pili", "Beatriz": "Bea",
    "María Jesús": "Chusa", "Gabriela": "Gaby", "Margarita": "Marga", "María Luisa": "Marisa",
    "Robert": "Bob", "William": "Bill", "James": "Jim", "John": "Jack", "Michael": "Mike",
    "Thomas": "Tom", "Richard": "Dick", "Andrew": "Andy", "Christopher": "Chris", "David": "Dave",
    "Matthew": "Matt", "Anthony": "Tony", "Stephen": "Steve", "Edward": "Ted", "Joseph": "Joe",
    "Samuel": "Sam", "Charles": "Charlie", "Benjamin": "Ben", "Nicholas": "Nick", "Peter": "Pete",
    "Margaret": "Peggy", "Elizabeth": "Liz", "Susan": "Sue", "Jennifer": "Jenny",
    "Patricia": "Pat", "Katherine": "Kate", "Rebecca": "Becky", "Jessica": "Jess",
    "Victoria": "Vicky", "Deborah": "Debbie", "Christine": "Chris", "Amanda": "Mandy",
    "Samantha": "Sam", "Barbara": "Babs", "Theresa": "Terry", "Joanna": "Jo",
}  # fmt: skip
STREETS_ES = _words(
    """Calle Mayor, Calle Real, Avenida de la Constitución, Calle del Carmen, Calle San Juan
Plaza de España, Calle Nueva, Paseo del Prado, Calle de la Iglesia, Calle Cervantes
Avenida de Andalucía, Calle Goya, Calle de la Fuente, Calle San Antonio, Calle del Sol
Ronda de Valencia, Calle Colón, Avenida de Portugal, Calle Santa María, Calle Alcalá
Camino Viejo, Calle Zurbano, Calle de los Olivos, Travesía del Puerto, Calle Lepanto
Calle Balmes, Rambla Nova, Gran Vía, Calle Pizarro, Calle Hernán Cortés"""
)
STREETS_EN = _words(
    """High Street, Station Road, Main Street, Park Road, Church Road, London Road, Victoria Road
Green Lane, Manor Road, Church Street, Park Avenue, The Crescent, Queens Road, Mill Lane"""
)
# country, city, region, first postal code, share of the country's people (rest to the first)
CITIES = [
    ("ES", "Madrid", "Madrid", "28001"), ("ES", "Barcelona", "Barcelona", "08001"),
    ("ES", "Valencia", "Valencia", "46001"), ("ES", "Sevilla", "Sevilla", "41001"),
    ("ES", "Zaragoza", "Zaragoza", "50001"), ("ES", "Málaga", "Málaga", "29001"),
    ("ES", "Murcia", "Murcia", "30001"), ("ES", "Bilbao", "Bizkaia", "48001"),
    ("ES", "Alicante", "Alicante", "03001"), ("ES", "Córdoba", "Córdoba", "14001"),
    ("ES", "Valladolid", "Valladolid", "47001"), ("ES", "A Coruña", "A Coruña", "15001"),
    ("ES", "Logroño", "La Rioja", "26001"), ("ES", "Cádiz", "Cádiz", "11001"),
    ("MX", "Ciudad de México", "CDMX", "06000"), ("MX", "Guadalajara", "Jalisco", "44100"),
    ("MX", "Monterrey", "Nuevo León", "64000"), ("AR", "Buenos Aires", "Buenos Aires", "1001"),
    ("AR", "Córdoba", "Córdoba", "5000"), ("CL", "Santiago", "Metropolitana", "8320000"),
    ("CL", "Valparaíso", "Valparaíso", "2340000"), ("CO", "Bogotá", "Cundinamarca", "110111"),
    ("CO", "Medellín", "Antioquia", "050001"), ("GB", "London", "London", "SW1A 1AA"),
    ("GB", "Manchester", "Greater Manchester", "M1 1AE"), ("GB", "Bristol", "Bristol", "BS1 4DJ"),
    ("US", "Boston", "MA", "02108"), ("US", "Austin", "TX", "78701"),
]  # fmt: skip
# Reserved domains (RFC 2606): no message of a demo can ever reach anybody.
MAIL_DOMAINS = _words(
    """gmail.example, gmail.example, gmail.example, gmail.example, hotmail.example
yahoo.example, outlook.example, icloud.example, telefonica.example, correo.example"""
)
